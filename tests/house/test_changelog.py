"""The changelog, and the way from a fragment into it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import alembic_zdt

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
KINDS = ["Removed", "Deprecated", "Added", "Changed", "Fixed", "Security"]


def test_changelog_has_a_section_of_this_version():
    """Its parts are in the order of the kinds, and none is empty."""
    _, found, section = CHANGELOG.partition(f"\n## {alembic_zdt.__version__} (")
    section = section.partition("\n## ")[0]
    parts = re.split(r"^### (\w+)$", section, flags=re.MULTILINE)[1:]
    names, texts = parts[::2], parts[1::2]

    assert found
    assert names
    assert names == [kind for kind in KINDS if kind in names]
    assert all(text.lstrip().startswith("- ") for text in texts)


def test_new_fragment_gets_into_the_changelog(tmp_path):
    """Above the older sections; the fragment is gone afterwards."""
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "changelog.d", tmp_path / "changelog.d")
    fragment = tmp_path / "changelog.d" / "+something-new.fixed.md"
    fragment.write_text("Something is mended.\n")
    towncrier = Path(sys.executable).with_name("towncrier")

    subprocess.run(
        [towncrier, "build", "--yes", "--version=9.9.9", "--date=2999-12-31"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )

    text = (tmp_path / "CHANGELOG.md").read_text()
    begin = text.index("## 9.9.9 (2999-12-31)")
    assert begin < text.index("- Something is mended.") < text.index("\n## 0.1.0 (")
    assert text.endswith(CHANGELOG.partition("-->\n")[2])
    assert not fragment.exists()
    assert (tmp_path / "changelog.d" / "README.md").exists()
