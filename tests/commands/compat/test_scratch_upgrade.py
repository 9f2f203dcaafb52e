"""The process that upgrades a scratch database, before it connects."""

from __future__ import annotations

import json

import pytest

from alembic_zdt.commands.compat.scratch_upgrade import ScratchUpgrade
from alembic_zdt.errors import RevisionError
from tests.commands.compat.conftest import ENV, INI, REVISION


@pytest.fixture
def upgrade(tmp_path):
    """A function that reads what another process has written."""
    (tmp_path / "alembic.ini").write_text(INI)

    def upgrade(heads):
        made = ScratchUpgrade(
            path=str(tmp_path / "alembic.ini"),
            section="alembic",
            arguments=(),
            variables=("DATABASE_URL",),
            url="postgresql+psycopg://host/a",
            phase="migrate",
            base="origin/main",
            heads=heads,
            answer=str(tmp_path / "answer"),
        )
        made.write(tmp_path / "job")
        read = ScratchUpgrade.read(tmp_path / "job")
        return read.run(read.config)

    return upgrade


def test_base_with_a_configuration_but_no_folder(upgrade, tmp_path):
    upgrade(None)

    assert json.loads((tmp_path / "answer").read_text()) == {"done": [], "heads": []}


def test_branch_behind_the_base(upgrade, tmp_path):
    versions = tmp_path / "migrations/versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations/env.py").write_text(ENV)
    own = REVISION.format(name="0001", down=None, up="pass", more="")
    (versions / "0001.py").write_text(own)

    with pytest.raises(RevisionError) as caught:
        upgrade(["0002"])

    assert str(caught.value) == (
        'this branch does not have revision "0002" of origin/main\n'
        "detail: Its revisions can run only after all revisions of the base.\n"
        "hint: Merge origin/main into the branch, or rebase the branch on it.\n"
        "docs: alembic-zdt explain revision"
    )
