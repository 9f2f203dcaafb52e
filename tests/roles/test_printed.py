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


ALEMBICS = ("INFO  [alembic.", "ERROR [alembic.", "Generating ")
TITLE = "about \x1b[2J"


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        (["plan"], 5),
        (["lint"], 2),
        (["lint", "--format", "markdown"], 2),
        (["lint", "--format", "github"], 2),
        (["upgrade", "--phase", "expand"], 1),
        (["upgrade"], 1),
        (["sql", "--split", "-o", "scripts"], 0),
        (["wait", "--compatible", "--timeout", "0s"], 1),
        (["status"], 1),
        (["doctor"], 0),
        (["revision", "-m", "later"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_names_and_messages_of_revisions(db, project, command, parts):
    """A line break stands only within a statement, which is indented."""
    db.execute(f'CREATE TABLE "{NAME}" (id int PRIMARY KEY, email text)')
    db.execute(f'INSERT INTO "{NAME}" VALUES (1, NULL)')
    index = f"op.create_index_concurrently({NAME + 'i'!r}, {NAME!r}, ['email'])"
    calls = {
        "r1": index,
        "r2": f"op.expand_drop_column({NAME!r}, 'email')",
        "r3": f"op.drop_column({NAME!r}, 'email')",
        "r4": f"op.execute('CREATE INDEX ON \"{NAME}\" (id)'.replace('~', ''))",
    }
    for name, call in calls.items():
        project.revision(name, call.replace("\n", "\\n").replace("\x1b", "\\x1b"))
    for path in project.scripts():
        text = path.read_text()
        project.write(path, text.replace('"""', f'"""{TITLE} ', 1))

    answer = project.cli(*command, module="alembic_zdt").output

    lines = answer.splitlines()
    said = "\n".join(line for line in lines if not line.startswith(ALEMBICS))
    assert "\x1b" not in said
    assert "\nhint: run" not in said
    assert said.count(r"\x1b[2J") >= parts


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
