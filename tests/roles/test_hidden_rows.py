"""A migrator from which row level security hides rows does not take them for absent."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import GateClosedError, PreconditionError
from tests.support.roles import role, run_as, session_of
from tests.support.workflows import renaming

USERS = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, price numeric(10, 4),"
    " seen timestamp); INSERT INTO users VALUES (1, 'a', 1.2345, now())"
)
HIDING = (
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
    " CREATE POLICY tenant ON users USING (current_setting('app.tenant', true) = 'a')"
)
CHANGES = {
    "digits": '"price", type_=sa.Numeric(10, 2), existing_type=sa.Numeric(10, 4)',
    "zone": '"seen", type_=sa.DateTime(timezone=True), existing_type=sa.DateTime()',
}


@pytest.fixture
def migrator(db, project):
    """A role that owns the table, and to which its policy applies as to the others."""
    with role(db, "migrator") as name:
        db.execute(f"{USERS}; ALTER TABLE users OWNER TO {name}; {HIDING}")
        run_as(project, name)
        yield name


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("way", ["online", "script"])
def test_value_that_would_be_changed(db, project, migrator, change, way):
    """ALTER COLUMN rounds or shifts rows that the look does not find, too."""
    project.revision("r1", f'op.alter_column_safely("users", {CHANGES[change]})')
    before = db.row("SELECT price, seen::text FROM users")

    if way == "online":
        with pytest.raises(PreconditionError, match="cannot see every row") as refused:
            project.upgrade()
        assert "NO FORCE ROW LEVEL SECURITY" in refused.value.hint
    else:
        replayed = project.psql(f"SET ROLE {migrator};\n{project.sql()}")
        assert f"row level security that applies to role {migrator}" in replayed.output

    assert db.row("SELECT price, seen::text FROM users") == before


WINDOWS = {
    "table": [
        'op.expand_drop_column("users", "email")',
        'op.contract_drop_column("users", "email")',
    ],
    "view": renaming("users", "email", "mail", 'strategy="view"').splitlines(),
}


@pytest.mark.parametrize(
    "window", ["table", pytest.param("view", marks=pytest.mark.pg(">=15"))]
)
def test_gate_counts_rows_that_are_hidden(db, project, migrator, monkeypatch, window):
    """Old sessions write them, whoever sees them."""
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    with role(db, "app") as app, session_of(db, app):
        db.execute(f"GRANT ALL ON users TO {app}")
        for number, call in enumerate(WINDOWS[window]):
            project.revision(f"r{number}", call)

        with pytest.raises(GateClosedError):
            project.upgrade()
