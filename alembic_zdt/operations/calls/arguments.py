"""Checks of the arguments of directives that need no database.

They raise errors before the first step, online and offline, so that no change is left
half done.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import dialects

from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName, checked
from alembic_zdt.operations.calls.written_call import written_call

_POSTGRESQL = re.compile("(postgresql|postgres|pg)_")
_OTHERS = frozenset({*dialects.__all__, "mariadb"} - {"postgresql"})
_ALIKE = 0.6
_ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")


def columns_of(
    columns: Sequence[Any], table: QualifiedName, argument: str = "columns"
) -> tuple[Any, ...]:
    """Return the columns as a tuple, and refuse wrong forms of them.

    Raises:
        UsageError: the columns are a text instead of a list, or an empty list.
        IdentifierTooLongError: a name has more than 63 bytes.
    """
    if isinstance(columns, str):
        raise UsageError(
            f'{argument}="{columns}" for "{table.label}" is a text, not a list',
            detail="Each of its letters would count as a column.",
            hint=f'Write ["{columns}"].',
        )
    if not columns:
        raise UsageError(
            f'{argument} for "{table.label}" is empty',
            detail="An index or a constraint needs at least one column.",
            hint="Name the columns.",
        )
    for column in columns:
        if isinstance(column, str):
            checked(column, "column")
    return tuple(columns)


def check_timing(deferrable: bool | None, initially: str | None, subject: str) -> None:
    """Refuse a constraint timing that PostgreSQL does not have.

    Raises:
        UsageError: *initially* is neither DEFERRED nor IMMEDIATE, or it is DEFERRED
            although the constraint is not deferrable.
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
        UsageError: PostgreSQL has no such action.
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
        UsageError: the value is not one of them.
    """
    if value is None or value.upper() in valid:
        return
    raise UsageError(
        f'{subject} cannot have {name}="{given or value}"',
        detail=f"PostgreSQL knows {', '.join(valid)}.",
        hint=f"Write one of these values, or remove {name}=.",
    )


def paired_columns(
    child: str, local: Sequence[str], parent: str, remote: Sequence[str]
) -> Iterator[list[str]]:
    """Yield the columns of a foreign key, then the columns that it refers to.

    Raises:
        UsageError: the two lists differ in length.
        IdentifierTooLongError: a name has more than 63 bytes.
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


def refusing_unknown(
    name: str, call: Callable[..., Any], directive: Callable[..., Any]
) -> Callable[..., Any]:
    """Wrap the *call* of a directive, so that it refuses unknown options first.

    Args:
        name: the name of the directive.
        call: the method that Alembic has made for it.
        directive: the classmethod with the caller's signature.
    """
    own = inspect.signature(directive)
    first, *others = own.parameters.values()

    @functools.wraps(call)
    def refusing(operations: Any, *positional: Any, **named: Any) -> Any:
        refuse_unknown(name, parameters_of(directive), positional, named)
        return call(operations, *positional, **named)

    shown = own.replace(parameters=[first.replace(name="self"), *others])
    setattr(refusing, "__signature__", shown)  # noqa: B010  # functions declare none
    return refusing


def parameters_of(call: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names that a caller of the directive may give."""
    _, *parameters = inspect.signature(call).parameters
    return tuple(parameters)


def refuse_unknown(
    name: str,
    parameters: Sequence[str],
    positional: Sequence[Any],
    named: dict[str, Any],
) -> None:
    """Refuse keyword arguments that the directive does not have.

    Raises:
        UsageError: there is one.
    """
    unknown = [given for given in named if given not in parameters]
    if not unknown:
        return
    free = [each for each in parameters[len(positional) :] if each not in named]
    meant = _meant(unknown, free)
    correct = {meant.get(given, given): value for given, value in named.items()}
    correct.pop("", None)
    options, known = '", "'.join(unknown), '", "'.join(filter(None, meant.values()))
    asked = f'Did you mean "{known}"? ' if known else ""
    call = written_call(name, positional, correct)
    raise UsageError(
        f'{name}() has no option "{options}"',
        detail=f"{_of_another_database(unknown)}{name}() takes "
        f"{', '.join(parameters)}.",
        hint=f"{asked}Write {call}.",
        directive=name,
        unknown_options=unknown,
    )


def _meant(unknown: Sequence[str], free: list[str]) -> dict[str, str]:
    """Return the most similar *free* name for each unknown name, empty without any."""
    found: dict[str, str] = {}
    for given in unknown:
        likeness = {known: _likeness(given, known) for known in free}
        best = max(free, key=likeness.__getitem__, default="")
        found[given] = best if likeness.get(best, 0) >= _ALIKE else ""
        if found[given]:
            free.remove(best)
    return found


def _likeness(given: str, known: str) -> float:
    """Return how alike two names are, from 0 to 1, with or without their prefix."""
    if _dialect(given) in _OTHERS:
        return 0
    short = _POSTGRESQL.sub("", known)
    if _POSTGRESQL.match(given):  # or all that have the prefix would be alike
        return _ratio(_POSTGRESQL.sub("", given), short)
    if known.endswith(f"_{given}"):
        return 1
    return max(_ratio(given, known), _ratio(given, short))


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _dialect(option: str) -> str:
    return option.partition("_")[0]


def _of_another_database(unknown: Sequence[str]) -> str:
    others = [option for option in unknown if _dialect(option) in _OTHERS]
    if not others:
        return ""
    return f"Directives run on PostgreSQL only, without {', '.join(others)}. "
