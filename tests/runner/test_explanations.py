"""What is read from the errors of either driver, and what is said of it."""

from __future__ import annotations

import asyncpg
import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.driver_errors import diagnostics, is_disconnect
from alembic_zdt.errors import (
    ConnectionLostError,
    DependentObjectsError,
    LockNotAvailableError,
    StatementFailedError,
    StatementTimeoutError,
    UndefinedObjectError,
    WrongObjectTypeError,
)
from alembic_zdt.runner.explanations import explained
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Diagnostics


def of_asyncpg(sqlstate, message, **fields):
    """As SQLAlchemy passes it on: an error of its own, caused by the driver's."""
    cause = asyncpg.PostgresError.new(
        {"C": sqlstate, "M": message, "S": "ERROR"} | fields
    )
    original = RuntimeError("of SQLAlchemy")
    original.__cause__ = cause
    return DBAPIError("SELECT", {}, original)


def of_psycopg(kind, message):
    """As psycopg itself raises it, without a message of the server."""
    return DBAPIError("SELECT", {}, getattr(psycopg.errors, kind)(message))


def test_fields_of_an_error_of_asyncpg():
    error = of_asyncpg("23505", "twice", D="Key (a).", n="t_pkey", c="a")

    assert diagnostics(error) == Diagnostics(
        "23505", "twice", "Key (a).", "t_pkey", "a"
    )


def test_an_error_with_nothing_but_its_class():
    found = diagnostics(of_psycopg("UndefinedTable", "no t"))

    assert found == Diagnostics("42P01", "no t", "", "", "")
    assert diagnostics(of_asyncpg("42P01", "no t")) == found
    plain = diagnostics(DBAPIError("SELECT", {}, RuntimeError("closed")))
    assert plain == Diagnostics("", "closed", "", "", "")


@pytest.mark.parametrize(
    ("sqlstate", "is_lost"),
    [("57P01", True), ("08006", True), ("57014", False), ("23505", False)],
)
def test_a_lost_connection(sqlstate, is_lost):
    error = of_asyncpg(sqlstate, "x")

    assert is_disconnect(error) is is_lost
    assert isinstance(explained(error, "do", Settings()), ConnectionLostError) is (
        is_lost
    )
    error.connection_invalidated = True
    assert is_disconnect(error)


@pytest.mark.parametrize(
    ("sqlstate", "kind", "detail"),
    [
        ("55P03", LockNotAvailableError, "so. The step waited "),
        ("40P01", LockNotAvailableError, "so. because."),
        ("2BP01", DependentObjectsError, "so. because."),
        ("42809", WrongObjectTypeError, "because. SQLSTATE 42809."),
        ("42P01", UndefinedObjectError, "because. SQLSTATE 42P01."),
        ("3F000", UndefinedObjectError, "because. SQLSTATE 3F000."),
        ("22012", StatementFailedError, "because. SQLSTATE 22012."),
        ("57014", StatementTimeoutError, "so."),
    ],
)
@pytest.mark.parametrize("end", ["", "."])
def test_kinds_of_errors(sqlstate, kind, detail, end):
    """Each part of the detail is a sentence, whether the server ends it or not."""
    error = of_asyncpg(sqlstate, "so", D=f"because{end}")

    found = explained(error, "do", Settings())

    assert type(found) is kind
    assert detail in found.detail
    assert "do" in found.primary


def test_an_error_without_a_detail():
    found = explained(of_asyncpg("42P01", "no t"), "do", Settings())

    assert found.detail == "SQLSTATE 42P01."


def test_the_explanation_of_the_step_comes_first():
    error = of_asyncpg("23505", "twice")
    own = LockNotAvailableError("own", detail="", hint="")

    assert explained(error, "do", Settings(), {"23505": lambda _: own}) is own
    assert explained(error, "do", Settings(), {"23503": lambda _: own}) is not own
