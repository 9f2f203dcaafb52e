"""The source of a directive's call, as it is written in a revision file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Column,
    Computed,
    Identity,
    TextClause,
)
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import TypeEngine

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.operations.calls.sql_text import sql_text


def written_call(
    directive: str, positional: Sequence[Any], named: dict[str, Any]
) -> str:
    """Return a call of a directive as it can be pasted into a revision."""
    return f"op.{directive}({', '.join(written_arguments(positional, named))})"


@dataclass(frozen=True)
class Prefixes:
    """The prefixes of Alembic's and SQLAlchemy's names in a revision file.

    Attributes:
        alembic: the prefix of a directive.
        sqlalchemy: the prefix of a construct.
        context: Alembic's context when it writes a file, for the user's own types.
    """

    alembic: str = "op."
    sqlalchemy: str = "sa."
    context: Any = None


def written_arguments(
    positional: Sequence[Any], named: dict[str, Any], prefixes: Prefixes = Prefixes()
) -> Iterator[str]:
    """Yield the source of each argument, without keyword arguments that are None."""
    yield from (repr_argument(value, prefixes) for value in positional)
    for name, value in named.items():
        if value is not None:
            yield f"{name}={repr_argument(value, prefixes)}"


def repr_argument(value: Any, prefixes: Prefixes = Prefixes()) -> str:
    """Return an argument as it is written in a revision file."""
    if isinstance(value, conv):
        return f"{prefixes.alembic}f({str(value)!r})"
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(repr_argument(item, prefixes) for item in value) + "]"
    if isinstance(value, dict):
        pairs = (f"{k!r}: {repr_argument(v, prefixes)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, ClauseElement | TypeEngine | Identity | Computed):
        return _written_construct(value, prefixes)
    is_type = isinstance(value, type) and issubclass(value, TypeEngine)
    return _written_class(value, prefixes) if is_type else repr(value)


def _written_construct(
    value: ClauseElement | TypeEngine[Any] | Identity | Computed, prefixes: Prefixes
) -> str:
    if isinstance(value, Column):
        return _written_column(value, prefixes)
    if isinstance(value, Identity | Computed):
        return _written_generated(value, prefixes)
    if isinstance(value, ClauseElement):
        return f"{prefixes.sqlalchemy}text({_as_text(value)!r})"
    return _written_type(value, prefixes)


def _written_type(value: TypeEngine[Any], prefixes: Prefixes) -> str:
    if stub := getattr(value, "zdt_name", ""):  # of "lint --stub"
        msg = f"the type {stub} is a stub of a missing module, so it cannot be written"
        raise ValueError(msg)
    if _is_of_the_file(type(value)):
        return repr(value)
    context = prefixes.context or comparisons.context_of_types()
    return comparisons.rendered_type(value, context)


def _written_class(value: type[Any], prefixes: Prefixes) -> str:
    """Return the name of a class, which can stand for a type without arguments."""
    module = value.__module__
    if module.startswith(_OF_THE_DIALECT):
        return f"postgresql.{value.__name__}"
    if module.startswith("sqlalchemy."):
        return f"{prefixes.sqlalchemy}{value.__name__}"
    prefix = "" if _is_of_the_file(value) else f"{module}."
    return f"{prefix}{value.__name__}"


_OF_THE_DIALECT = "sqlalchemy.dialects.postgresql"


def _is_of_the_file(kind: type[Any]) -> bool:
    """Check whether the revision file itself defines a type, which needs no import."""
    return kind.__module__ not in sys.modules


def _written_column(column: Column[Any], prefixes: Prefixes) -> str:
    if prefixes.context is not None:
        return comparisons.rendered_column(column, prefixes.context)
    named = {
        "nullable": None if column.nullable else False,
        "server_default": getattr(column.server_default, "arg", None),
        "comment": column.comment,
    }
    positional = (column.name, column.type, *_generated(column))
    written = ", ".join(written_arguments(positional, named, prefixes))
    return f"{prefixes.sqlalchemy}Column({written})"


def _generated(column: Column[Any]) -> Iterator[Identity | Computed]:
    if column.identity is not None:
        yield column.identity
    if column.computed is not None:
        yield column.computed


def _written_generated(value: Identity | Computed, prefixes: Prefixes) -> str:
    if isinstance(value, Computed):
        named = {"persisted": value.persisted}
        written = written_arguments((_as_text(value.sqltext),), named, prefixes)
        return f"{prefixes.sqlalchemy}Computed({', '.join(written)})"
    named = {name: getattr(value, name, None) for name in _IDENTITY}
    named["always"] = value.always or None
    written = written_arguments((), named, prefixes)
    return f"{prefixes.sqlalchemy}Identity({', '.join(written)})"


_IDENTITY = ("start", "increment", "minvalue", "maxvalue", "cycle", "cache")


def _as_text(expression: ClauseElement) -> str:
    """Return the argument for ``sa.text()``, which needs its colons escaped."""
    if isinstance(expression, TextClause):
        return expression.text
    return sql_text(expression).replace(":", r"\:")
