"""A contract waits for sessions that began before its expand was applied."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import GateClosedError
from tests.support.workflows import renaming, renaming_value, retyping

TABLE = "CREATE TABLE users (id int PRIMARY KEY, email text)"
ENUM = "CREATE TYPE state AS ENUM ('new', 'paid')"
STATES = f"{ENUM}; CREATE TABLE users (id int PRIMARY KEY, email state NOT NULL)"
OF_ENUM = 'existing_type=sa.Enum("new", "paid", name="state")'
HARMLESS = "zdt.ignore_applications=zdt-test"

AGE = 'sa.Column("age", sa.Integer(), server_default="1")'
RENAME = renaming("users", "email", "mail").splitlines()
WORKFLOWS: dict[str, tuple[str, list[str]]] = {
    "rename": (TABLE, RENAME),
    "rename by view": (
        TABLE,
        renaming("users", "email", "mail", 'strategy="view"').splitlines(),
    ),
    "rename table": (
        TABLE,
        [
            'op.expand_rename_table("users", "people")',
            'op.contract_rename_table("users", "people")',
        ],
    ),
    "type": (
        TABLE,
        retyping(
            "users", "email", "sa.String(80)", "existing_type=sa.Text()"
        ).splitlines(),
    ),
    "enum value": (
        STATES,
        renaming_value(
            "users",
            "email",
            "paid",
            "done",
            f'{OF_ENUM}, new_column_name="status", new_enum_name="status"',
        ).splitlines(),
    ),
    "drop column": (
        "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)",
        [
            'op.expand_drop_column("users", "email")',
            'op.contract_drop_column("users", "email")',
        ],
    ),
    "drop table": (
        TABLE,
        [
            'op.create_index_concurrently("ix", "users", ["email"])',
            'op.contract_drop_table("users")',
        ],
    ),
    "remove value": (
        STATES,
        [
            'op.backfill("users", {"email": "\'new\'"}, where="email = \'paid\'")',
            f'op.remove_enum_value("users", "email", "paid", {OF_ENUM})',
        ],
    ),
    "not null": (
        TABLE,
        [
            'op.expand_add_column("users", sa.Column("age", sa.Integer()))',
            'op.backfill("users", {"age": "1"}, where="age IS NULL")',
            'op.add_not_null_two_phase("users", "age")',
        ],
    ),
    "default": (
        TABLE,
        [
            f'op.expand_add_column("users", {AGE})',
            'op.alter_column_safely("users", "age", server_default=None)',
        ],
    ),
    "sql": (
        TABLE,
        [
            'op.expand_drop_column("users", "email")',
            'op.execute("ALTER TABLE users DROP email")',
        ],
    ),
}
CONTRACT = {"zdt_phase": "contract"}
IS_ASKED = {"not null", "default"}
"""Workflows whose last call does not make its revision a contract."""


@pytest.fixture(autouse=True)
def gate_is_on(monkeypatch):
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")


def write(project, calls, name="r", variables=None):
    for number, call in enumerate(calls, start=1):
        last = number == len(calls)
        project.revision(f"{name}{number}", call, variables=variables if last else None)
    return f"{name}{len(calls) - 1}", f"{name}{len(calls)}"


def refused(project, target="head", **kw):
    with pytest.raises(GateClosedError) as found:
        project.upgrade(target, **kw)
    return found.value


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_each_run_refuses_until_old_sessions_are_named_harmless(
    db, project, driver, workflow
):
    setup, calls = WORKFLOWS[workflow]
    db.execute(setup)
    db.execute("INSERT INTO users VALUES (1, 'new')")
    is_sql = workflow == "sql"
    before, last = write(project, calls, variables=CONTRACT if is_sql else None)

    for _try in range(2):
        error = refused(project)
        assert db.pid in error.pids
        assert project.current == [before]

    project.upgrade(x=(HARMLESS, "zdt.guard=off"))
    assert project.current == [last]


@pytest.fixture
def renamed(db, project):
    """Expand and migrate of a rename, and a contract that is pending."""
    db.execute(TABLE)
    db.execute("INSERT INTO users VALUES (1, 'a')")
    write(project, RENAME)
    project.upgrade("r2")
    return project
