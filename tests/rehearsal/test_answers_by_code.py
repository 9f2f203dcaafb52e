"""The lines that a rehearsal prints about the errors of the application."""

from __future__ import annotations

from alembic_zdt.rehearsal.answers_by_code import error_lines
from alembic_zdt.tracing.traffic import Answer


def failed(statement: str, message: str) -> Answer:
    return Answer(statement, 0.0, 0.1, RuntimeError(message), "old")


def test_error_that_comes_often_hides_no_other_one():
    """Each statement of the application is repeated many times in a second."""
    often = [failed("insert into orders", "no such column")] * 1200
    once = [failed("read orders", "no such column"), Answer("update orders", 0, 0.1)]

    assert list(error_lines([*often, *once])) == [
        "  error of old code: insert into orders: no such column (1,200 times)",
        "  error of old code: read orders: no such column",
    ]


def test_errors_beyond_ten_are_counted():
    found = [failed("read orders", f"no column c{number}") for number in range(13)]

    *_, tenth, last = error_lines(found)

    assert tenth == "  error of old code: read orders: no column c9"
    assert last == "  and 3 other errors"
