"""What the README says of a rename is what autogenerate writes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PHASES = ("expand", "migrate", "contract")


@pytest.mark.slow
def test_rename_of_the_readme_is_written_in_three_revisions(shop, terminal):
    """With the options that are shown, in the shop; each has the call of its row."""
    models = (shop / "models.py").read_text()
    renamed = models.replace("    email: Mapped", "    email_address: Mapped")
    (shop / "models.py").write_text(renamed)
    (shown,) = re.findall(r"`alembic-zdt (revision [^`]+)`", README)

    for words in ("upgrade", f"{shown} --message email --rev-id 0007"):
        done = subprocess.run(
            ["alembic-zdt", *words.split()],
            cwd=shop,
            env=terminal,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    written = sorted((shop / "migrations/versions_zdt").glob("0007*.py"))
    assert len(written) == len(PHASES)
    texts = "\n".join(path.read_text() for path in written).replace("'", '"')
    for phase in PHASES:
        (call,) = re.findall(rf"^\| {phase} \| `(.+?)` \|", README, re.MULTILINE)
        assert call in texts
        assert f"{phase}_rename_column" in call
