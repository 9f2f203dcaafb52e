"""Arguments of directives, looked at before anything happens.

What can be known to be wrong without a database is said at once, offline too, and
never as a half-done change.
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
"""The keyword arguments that SQLAlchemy's Index takes for PostgreSQL."""

UNIQUE_OPTIONS = (
    "postgresql_include",
    "postgresql_nulls_not_distinct",
    "postgresql_tablespace",
    "postgresql_with",
)
"""Those that an index may have and still become a constraint."""

_ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")


def given_options(kw: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a stock operation for PostgreSQL that say something.

    Reflection finds each of them, also those that are off.
    """
    return {k: v for k, v in kw.items() if k.startswith("postgresql_") and says(v)}


def says(value: Any) -> bool:
    """Whether the value of an option is more than nothing."""
    return isinstance(value, ClauseElement) or bool(value)


def columns_of(
    columns: Sequence[Any], table: QualifiedName, argument: str = "columns"
) -> tuple[Any, ...]:
    """The columns as a tuple.

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
    """Refuse keyword arguments that nobody reads.

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
    """Refuse what PostgreSQL does not know or cannot combine.

    Raises:
        UsageError: another word than DEFERRED or IMMEDIATE, or DEFERRED although not
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

    ``SET NULL (column)`` and ``SET DEFAULT (column)`` of PostgreSQL 15 are known.

    Raises:
        UsageError: another word.
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
    """Refuse a *value* that is not among the *valid* ones, whatever its case.

    Raises:
        UsageError: another word.
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
    """The columns of a foreign key and those it refers to.

    Raises:
        UsageError: not as many here as there.
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
    """Refuse actions and the like that PostgreSQL does not know.

    Raises:
        UsageError: an unknown word, or two that contradict each other.
    """
    check_action("ondelete", kw.get("ondelete"), subject)
    check_action("onupdate", kw.get("onupdate"), subject)
    check_word("match", kw.get("match"), ("FULL", "SIMPLE"), subject)
    check_timing(kw.get("deferrable"), kw.get("initially"), subject)
