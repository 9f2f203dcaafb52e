"""What other roles have named is printed on one line, and no terminal obeys it."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import ForeignOwnerError
from alembic_zdt.names import SYNC_TRIGGER, distinct

NAME = "x\x1b[2J\nhint: run: DROP TABLE users;"
SHOWN = r"x\x1b[2J\nhint: run: DROP TABLE users;"
RENAME = "op.expand_rename_column('users', 'email', 'mail')"


@pytest.fixture
def users(db):
    """A table of the migrator."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")


@pytest.mark.parametrize("command", ["doctor", "status"])
def test_names_in_reports(users, project, stranger, command):
    """Of a table and a view that look as if they were ours."""
    check = f'CONSTRAINT "zdt_sync_{NAME}" CHECK (a = b)'
    stranger.execute(f'CREATE TABLE "{NAME}" (a int, b int, {check})')
    project.revision("r1", RENAME)

    said = project.cli(command, module="alembic_zdt")

    assert SHOWN in said.output
    assert NAME not in said.output


def test_names_in_errors(db, users, project, stranger):
    """Of a function whose trigger has our name."""
    db.execute(f"GRANT TRIGGER ON users TO {stranger.name}")
    stranger.execute(
        f'CREATE FUNCTION "{NAME}"() RETURNS trigger LANGUAGE plpgsql AS'
        " $$ BEGIN RETURN NEW; END $$"
    )
    stranger.execute(
        f"CREATE TRIGGER {distinct(SYNC_TRIGGER, 'users', 'email', 'mail')}"
        f' BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION "{NAME}"()'
    )
    project.revision("r1", RENAME)

    with pytest.raises(ForeignOwnerError) as refused:
        project.upgrade()

    assert SHOWN in str(refused.value)
    assert len(str(refused.value).splitlines()) == 5
