"""Checks of the arguments of directives that need no database.

They raise errors before the first step, online and offline, so that no change is left
half done.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Index
from sqlalchemy.dialects.postgresql.base import PGDialect

from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked

INDEX_OPTIONS = tuple(
    f"postgresql_{name}"
    for construct, names in PGDialect.construct_arguments or ()
    if construct is Index
    for name in names
    if name not in {"concurrently", "invalid"}
)
"""The PostgreSQL options of SQLAlchemy's Index that a caller may give."""

UNIQUE_OPTIONS = (
    "postgresql_include",
    "postgresql_nulls_not_distinct",
    "postgresql_tablespace",
    "postgresql_with",
)
"""The options of an index that can become a UNIQUE constraint."""

_ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")


def given_options(kw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the PostgreSQL options of a stock operation that are set.

    Reflection returns all options, including those that are off.
    """
    return {k: v for k, v in kw.items() if k.startswith("postgresql_") and says(v)}


def says(value: Any) -> bool:
    """Check whether the value of an option sets it."""
    return isinstance(value, ClauseElement) or bool(value)


def columns_of(
    columns: Sequence[Any], table: QualifiedName, argument: str = "columns"
) -> tuple[Any, ...]:
    """Return the columns as a tuple, and refuse wrong forms of them.

    Raises:
        UsageError: a text instead of a list, or an empty list.
        IdentifierTooLongError: more than 63 bytes.
    """
    if isinstance(columns, str):
        raise UsageError(
            f'{argument}="{columns}" for "{table.words}" is a text, not a list',
            detail="Each of its letters would be taken for a column.",
            hint=f'Write ["{columns}"].',
        )
    if not columns:
        raise UsageError(
            f'{argument} for "{table.words}" is empty',
            detail="An index or a constraint needs at least one column.",
            hint="Name the columns.",
        )
    for column in columns:
        if isinstance(column, str):
            checked(column, "column")
    return tuple(columns)


def check_options(
    options: Mapping[str, Any], valid: Collection[str], subject: str
) -> None:
    """Refuse keyword arguments that are not valid options.

    Raises:
        UsageError: an option that is not among the *valid* ones.
    """
    for name in options:
        if name in valid:
            continue
        close = difflib.get_close_matches(name, valid, n=1)
        hint = f'Did you mean "{close[0]}"? ' if close else ""
        raise UsageError(
            f'{subject} cannot have the option "{name}"',
            detail=f"Valid options are {', '.join(sorted(valid))}.",
            hint=f"{hint}Correct or remove it.",
        )


def check_timing(deferrable: bool | None, initially: str | None, subject: str) -> None:
    """Refuse a constraint timing that PostgreSQL does not have.

    Raises:
        UsageError: neither DEFERRED nor IMMEDIATE, or DEFERRED although not
            deferrable.
    """
    check_word("initially", initially, ("DEFERRED", "IMMEDIATE"), subject)
    if deferrable is False and (initially or "").upper() == "DEFERRED":
        raise UsageError(
            f"{subject} cannot be initially deferred and not deferrable",
            detail='deferrable=False and initially="DEFERRED" were given.',
            hint="Write deferrable=True, or remove initially.",
        )


def check_action(name: str, value: str | None, subject: str) -> None:
    """Refuse an ``ondelete`` or ``onupdate`` that PostgreSQL does not know.

    ``SET NULL (column)`` and ``SET DEFAULT (column)`` of PostgreSQL 15 are accepted.

    Raises:
        UsageError: another action.
    """
    word = " ".join((value or "NO ACTION").split("(")[0].split())
    check_word(name, word, _ACTIONS, subject, given=value)


def check_word(
    name: str,
    value: str | None,
    valid: Sequence[str],
    subject: str,
    given: str | None = None,
) -> None:
    """Refuse a *value* that is not among the *valid* ones, ignoring case.

    Raises:
        UsageError: another value.
    """
    if value is None or value.upper() in valid:
        return
    raise UsageError(
        f'{subject} cannot have {name}="{given or value}"',
        detail=f"PostgreSQL knows {', '.join(valid)}.",
        hint="Write one of them, or remove it.",
    )


def paired_columns(
    child: str, local: Sequence[str], parent: str, remote: Sequence[str]
) -> Iterator[list[str]]:
    """Yield the columns of a foreign key, then the columns that it refers to.

    Raises:
        UsageError: the two lists differ in length.
        IdentifierTooLongError: more than 63 bytes.
    """
    columns = columns_of(local, QualifiedName(child), "local_cols")
    referred = columns_of(remote, QualifiedName(parent), "remote_cols")
    if len(columns) != len(referred):
        raise UsageError(
            f'foreign key from "{child}" to "{parent}": {len(columns)} columns cannot '
            f"refer to {len(referred)}",
            detail=f"local_cols has {', '.join(columns)}; remote_cols has "
            f"{', '.join(referred)}.",
            hint="Name one column of the parent for each column of the child.",
        )
    yield list(columns)
    yield list(referred)


def check_foreign_key_words(subject: str, kw: Mapping[str, Any]) -> None:
    """Refuse options of a foreign key that PostgreSQL does not have.

    Raises:
        UsageError: an unknown value, or two that contradict each other.
    """
    check_action("ondelete", kw.get("ondelete"), subject)
    check_action("onupdate", kw.get("onupdate"), subject)
    check_word("match", kw.get("match"), ("FULL", "SIMPLE"), subject)
    check_timing(kw.get("deferrable"), kw.get("initially"), subject)
