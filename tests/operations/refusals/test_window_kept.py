"""What an open window needs is not changed by another directive."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DependentObjectsError
from tests.support.workflows import renaming, renaming_value, retyping

VALUES = (
    'existing_type=sa.Enum("new", "paid", name="status"), '
    'new_column_name="progress", new_enum_name="progress"'
)
CASTS = (
    'new_column_name="total", existing_type=sa.Integer(), '
    "using=\"points || ' points'\", reverse_using=\"split_part(total, ' ', 1)::int\""
)
COLUMNS = "id int PRIMARY KEY, email varchar(10), points int, state status"
KINDS = {
    "rename": (
        renaming("users", "email", "mail"),
        ("email", "mail"),
        "op.contract_rename_column('users', 'email', 'mail')",
    ),
    "type": (
        retyping("users", "points", "sa.Text()", CASTS),
        ("points", "total"),
        (
            "op.contract_alter_column_type('users', 'points', sa.Text(), "
            "new_column_name='total', existing_type=sa.Integer(), "
            "using=\"points || ' points'\", "
            "reverse_using=\"split_part(total, ' ', 1)::int\")"
        ),
    ),
    "hidden": (
        retyping("users", "points", "sa.BigInteger()"),
        ("points", "zdt_points_bigint_<hash>"),
        "op.contract_alter_column_type('users', 'points', sa.BigInteger())",
    ),
    "enum": (
        renaming_value("users", "state", "paid", "settled", VALUES),
        ("state", "progress"),
        (
            "op.contract_rename_enum_value('users', 'state', 'paid', 'settled', "
            "existing_type=sa.Enum('new', 'paid', name='status'), "
            "new_column_name='progress', new_enum_name='progress')"
        ),
    ),
}


def _own_name(db, kind, query):
    return db.value(f"SELECT {query} LIKE 'zdt_{kind}%' ORDER BY 1 LIMIT 1")


def _calls(db, kind, original, twin):
    check = _own_name(db, "sync", "conname FROM pg_constraint WHERE conname")
    yield f"op.drop_constraint_safely('{check}', 'users')"
    yield f"op.alter_column_safely('users', '{twin}', server_default='1')"
    yield f"op.alter_column_safely('users', '{original}', type_=sa.Text())"
    if kind == "enum":
        yield "op.add_enum_value('status', 'gone')"
    if kind != "rename":
        return
    copy = _own_name(db, "copy", "relname FROM pg_class WHERE relname")
    yield f"op.alter_column_safely('users', '{twin}', type_=sa.Text())"
    yield f"op.contract_drop_column('users', '{twin}')"
    yield f"op.contract_drop_column('users', '{original}')"
    yield f"op.expand_rename_column('users', '{twin}', 'other')"
    yield f"op.expand_alter_column_type('users', '{original}', sa.Text())"
    yield f"op.rename_constraint_safely('{check}', 'users', 'ck')"
    yield f"op.drop_index_concurrently('{copy}')"
    yield f"op.rename_index_safely('{copy}', 'ix')"
    yield f"op.replace_index_concurrently('{copy}', 'users', ['id'])"
    yield "op.contract_drop_table('users')"
    yield "op.expand_rename_table('users', 'people')"
    yield "op.expand_rename_column('users', 'id', 'key', strategy='view')"


@pytest.fixture
def opened(db, project):
    """Open a window and fill it."""

    def begin(kind):
        db.execute("CREATE TYPE status AS ENUM ('new', 'paid')")
        db.execute(f"CREATE TABLE users ({COLUMNS})")
        workflow, columns, _ = KINDS[kind]
        db.execute(f"CREATE INDEX ON users ({columns[0]})")
        db.execute("INSERT INTO users VALUES (1, 'a', 1, 'paid')")
        expand, migrate, _ = workflow.splitlines()
        project.revision("r1", f"{expand}\n{migrate}")
        project.upgrade()
        return project

    return begin


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("kind", KINDS)
def test_no_directive_changes_what_a_window_stands_on(db, opened, driver, kind):
    """Each is refused with the call that ends the window."""
    project = opened(kind)
    _, (original, twin), ending = KINDS[kind]
    if kind == "hidden":
        twin = _own_name(db, "points", "attname FROM pg_attribute WHERE attname")
    before = db.catalog()

    for call in list(_calls(db, kind, original, twin))[::-1]:
        assert ending in _refused(project, call), call
    if kind == "rename":  # a script does not know the windows when it is written
        script = project.sql("r1:r2", flavor="psql")
        assert "zdt_sync_users_email_mail" in project.psql(script).stderr
    if kind == "enum":
        db.execute("CREATE TYPE mood AS ENUM ('fine')")
        project.revision("r2", "op.add_enum_value('mood', 'better')")
        project.upgrade()
        db.execute("DROP TYPE mood")

    assert db.catalog() == before


@pytest.mark.parametrize("kind", ["type", "hidden", "enum"])
def test_call_of_the_hint_ends_the_window(db, opened, kind):
    """It is pasted as it is, with every option that the expand had."""
    project = opened(kind)
    _, (original, _), ending = KINDS[kind]
    call = f"op.alter_column_safely('users', '{original}', type_=sa.Text())"
    hint = _refused(project, call)

    assert hint == f"End the window with {ending}, then run the same command again."
    project.revision("r2", hint.removeprefix("End the window with ").split(", then")[0])
    project.upgrade()
    assert project.current == ["r2"]
    assert db.column("SELECT conname FROM pg_constraint WHERE conname ~ '^zdt_'") == []


def test_window_that_no_revision_has_opened(db, opened):
    """The hint names its end and its column."""
    project = opened("type")
    project.revision("r1", "pass")
    call = "op.alter_column_safely('users', 'points', type_=sa.Text())"

    assert _refused(project, call) == (
        'End the window with op.contract_alter_column_type() for "users.points", then '
        "run the same command again."
    )


def test_change_that_was_made_before_the_window_is_skipped(db, project):
    """A revision that stopped in its window runs again from its first call."""
    db.execute(f"CREATE TABLE users ({COLUMNS.replace('status', 'text')})")
    db.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 0)")
    body = (
        'op.alter_column_safely("users", "email", type_=sa.String(20))\n'
        'op.drop_constraint_safely("ck", "users")\n'
        'op.expand_rename_column("users", "email", "mail")\n'
    )
    project.revision("r1", body + 'raise RuntimeError("stop")')
    with pytest.raises(RuntimeError, match="stop"):
        project.upgrade()

    project.revision("r1", body)
    project.upgrade()

    assert db.is_true("SELECT count(*) = 2 FROM pg_attribute WHERE atttypmod = 24"
                      " AND attrelid = 'users'::regclass")  # fmt: skip


def test_partition_of_a_window_may_go(db, project):
    """It is no more than its rows; once detached, its CHECK may go as well."""
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE one PARTITION OF users FOR VALUES IN (1)")
    db.execute("CREATE TABLE two PARTITION OF users FOR VALUES IN (2)")
    project.revision("r1", renaming("users", "email", "mail").splitlines()[0])
    project.upgrade()
    check = _own_name(db, "sync", "conname FROM pg_constraint WHERE conname")

    hint = _refused(project, f"op.drop_constraint_safely('{check}', 'one')")

    assert KINDS["rename"][2] in hint
    db.execute("ALTER TABLE users DETACH PARTITION two")
    drop = f"op.drop_constraint_safely('{check}', 'two')"
    project.revision("r2", f"op.contract_drop_table('one')\n{drop}")
    project.upgrade()
    assert db.value("SELECT to_regclass('one')") is None
    assert db.column("SELECT 1 FROM pg_constraint WHERE conrelid = 'two'::regclass"
                     " AND contype = 'c'") == []  # fmt: skip


VIEWS = {
    "op.expand_rename_table('users', 'people')": (
        "people",
        "op.contract_rename_table('users', 'people')",
    ),
    "op.expand_rename_column('users', 'email', 'E, \"mail', strategy='view')": (
        "zdt_base_users_%",
        "op.contract_rename_column('users', 'email', 'E, \"mail', strategy='view')",
    ),
}


@pytest.mark.parametrize("call", VIEWS)
def test_table_behind_a_view_of_ours_keeps_its_name_and_types(db, project, call):
    """Each is refused with the call that ends the rename."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email varchar(10))")
    project.revision("r1", call)
    project.upgrade()
    name, ending = VIEWS[call]
    table = db.value("SELECT relname FROM pg_class WHERE relname LIKE %s", name)

    for second in (
        f"op.expand_rename_table('{table}', 'persons')",
        f"op.expand_rename_column('{table}', 'email', 'm', strategy='view')",
        f"op.alter_column_safely('{table}', 'email', type_=sa.Text())",
        f"op.contract_drop_table('{table}')",
    ):
        assert ending in _refused(project, second), second


def _refused(project, call):
    """Return the hint of the error that the call ends with."""
    project.revision("r2", call)
    with pytest.raises(DependentObjectsError) as caught:
        project.upgrade()
    return caught.value.hint
