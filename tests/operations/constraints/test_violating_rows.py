"""VALIDATE meets a row that the look before did not see."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, event

from alembic_zdt.errors import (
    CheckViolationError,
    ForeignKeyViolationError,
    NullValuesRemainError,
    ZdtError,
)


@dataclass(frozen=True)
class Violated:
    """A constraint, and a row that contradicts it.

    Attributes:
        call: the directive.
        row: the row, which comes between the look and the constraint.
        touched: an update of that row which the constraint must not hinder.
        corrected: what makes the row fit.
        error: what is raised.
        holds: what is true in the end.
    """

    call: str
    row: str
    touched: str
    corrected: str
    error: type[ZdtError]
    holds: str


TABLES = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, seen int DEFAULT 0)",
    "INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 50) n",
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int, seen int DEFAULT 0)",
    "INSERT INTO orders SELECT n, n FROM generate_series(1, 50) n",
)
VALIDATED = (
    "(SELECT count(*) = 1 AND bool_and(convalidated) FROM pg_constraint"
    " WHERE conname = '{}' AND connamespace = current_schema()::regnamespace)"
)
VIOLATED = {
    "check": Violated(
        'op.create_check_constraint_two_phase("ck", "users", "id > 0")',
        "INSERT INTO users VALUES (-1, 'x')",
        "UPDATE users SET seen = 1 WHERE id = -1",
        "UPDATE users SET id = 51 WHERE id = -1",
        CheckViolationError,
        VALIDATED.format("ck"),
    ),
    "not-null": Violated(
        'op.add_not_null_two_phase("users", "email")',
        "INSERT INTO users VALUES (51, NULL)",
        "UPDATE users SET seen = 1 WHERE id = 51",
        "UPDATE users SET email = 'x' WHERE id = 51",
        NullValuesRemainError,
        "(SELECT attnotnull FROM pg_attribute"
        " WHERE attrelid = 'users'::regclass AND attname = 'email')",
    ),
    "foreign-key": Violated(
        'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], ["id"])',
        "INSERT INTO orders VALUES (51, 99)",
        "UPDATE orders SET seen = 1 WHERE id = 51",
        "DELETE FROM orders WHERE id = 51",
        ForeignKeyViolationError,
        VALIDATED.format("fk"),
    ),
}
NOT_VALID = {
    "check": "ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 0) NOT VALID",
    "foreign-key": "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id)"
    " REFERENCES users (id) NOT VALID",
}


@pytest.fixture
def shop(db):
    """Two tables with rows."""
    for statement in TABLES:
        db.execute(statement)


@pytest.fixture
def slips_in(db):
    """A function that lets a row come in right before a table is locked."""
    rows = []

    def before(_connection, _cursor, statement, *_):
        if rows and "NOT VALID" in statement and statement.startswith("DO"):
            db.execute(rows.pop())

    event.listen(Engine, "before_cursor_execute", before)
    yield rows.append
    event.remove(Engine, "before_cursor_execute", before)


@pytest.mark.parametrize("kind", list(VIOLATED))
def test_row_that_slips_in_is_found_by_the_validation(
    db, project, driver, shop, slips_in, kind
):
    """The error names the rows, they can be updated again, a re-run finishes."""
    violated = VIOLATED[kind]
    project.revision("r1", violated.call)
    slips_in(violated.row)

    with pytest.raises(violated.error):
        project.upgrade()

    assert db.accepts(violated.touched)
    db.execute(violated.corrected)
    rows = db.checksums()
    project.upgrade()
    assert db.is_true(f"SELECT {violated.holds}")
    assert db.checksums() == rows


@pytest.mark.parametrize("kind", list(NOT_VALID))
def test_row_kept_under_a_constraint_that_is_not_valid_yet(
    db, project, driver, shop, kind
):
    """A client died before VALIDATE, a row contradicts: said, corrected, finished."""
    violated = VIOLATED[kind]
    project.revision("r1", violated.call)
    db.execute(violated.row)
    db.execute(NOT_VALID[kind])

    with pytest.raises(violated.error):
        project.upgrade()

    assert db.accepts(violated.touched)
    db.execute(violated.corrected)
    project.upgrade()
    assert db.is_true(f"SELECT {violated.holds}")
