"""Names of indexes and constraints: the call's, the convention's or PostgreSQL's.

A suggested call must create an object of the same name, because the models use that
name, and calls that drop the object later.
https://docs.sqlalchemy.org/en/20/core/constraints.html#constraint-naming-conventions
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import MetaData, TextClause
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql.elements import conv

from alembic_zdt.alembic_compat import contexts, runs
from alembic_zdt.autogenerate.changes.constraint_changes import (
    named as named_by_postgresql,
)
from alembic_zdt.checks.sql.key_options import NameInSql, columns_in
from alembic_zdt.checks.sql.parsing import UnreadableError, statements
from alembic_zdt.names import default_constraint_name
from alembic_zdt.operations.calls.sql_text import DIALECT, sql_text

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

_KINDS: dict[type[Any], str] = {
    ops.CreateCheckConstraintOp: "ck",
    ops.CreateForeignKeyOp: "fk",
    ops.CreateIndexOp: "ix",
    ops.CreatePrimaryKeyOp: "pk",
    ops.CreateUniqueConstraintOp: "uq",
}


def with_its_name(operation: Any, context: MigrationContext | None) -> Any:
    """Return a copy of an operation, with the name that its object will get.

    Args:
        operation: an operation that creates an index or a constraint.
        context: the migration context, which knows the naming convention, if any.
    """
    kind = _KINDS.get(type(operation))
    if kind is None:
        return operation
    attribute = "index_name" if kind == "ix" else "constraint_name"
    given = getattr(operation, attribute)
    if isinstance(given, NameInSql):
        name: str | None = conv(given) if kind in _convention(context) else str(given)
    elif isinstance(given, str):
        return operation  # the directive applies the convention, too
    else:
        name = _of_convention(operation, context) or of_postgresql(operation)
    named = copy(operation)
    setattr(named, attribute, name)
    return named


def _convention(context: MigrationContext | None) -> Mapping[Any, Any]:
    if context is None:
        return {}
    metadata = runs.target_metadata(context)
    return getattr(metadata, "naming_convention", None) or {}


def _of_convention(operation: Any, context: MigrationContext | None) -> str | None:
    if isinstance(operation, ops.CreateIndexOp):
        made: Any = operation.to_index(context)
        is_own = "ix" in _own_convention(context)
        return _marked(made.name, is_own=is_own)
    made = operation.to_constraint(context)
    try:
        return _marked(contexts.final_name(made, DIALECT))
    except InvalidRequestError:  # the convention only extends a name
        return None


def _own_convention(context: MigrationContext | None) -> set[Any]:
    """Return the kinds of objects that the project's own convention names."""
    usual = dict(MetaData().naming_convention)
    return {k for k, v in _convention(context).items() if usual.get(k) != v}


def _marked(name: Any, *, is_own: bool = True) -> str | None:
    if name is None:
        return None
    return conv(name) if is_own else str(name)


def of_postgresql(operation: Any) -> str | None:
    """Return the name that PostgreSQL gives a constraint, None if it is unknown."""
    if isinstance(operation, ops.CreateUniqueConstraintOp):
        parts = [*operation.columns, *operation.kw.get("postgresql_include", ())]
        return default_constraint_name(operation.table_name, "_".join(parts), "key")
    if not isinstance(operation, ops.CreateCheckConstraintOp):
        return str(named_by_postgresql(operation))
    columns = columns_of_condition(operation.condition)
    if columns is None:
        return None
    column = next(iter(columns)) if len(columns) == 1 else ""
    return default_constraint_name(operation.table_name, column, "check")


def columns_of_condition(condition: Any) -> frozenset[str] | None:
    """Return the columns in the condition of a CHECK, None if it cannot be read."""
    if isinstance(condition, str):
        return _columns_in_text(condition)
    if isinstance(condition, TextClause):
        return _columns_in_text(condition.text.replace(r"\:", ":"))
    return _columns_in_text(sql_text(condition))


@functools.lru_cache(maxsize=1000)
def _columns_in_text(text: str) -> frozenset[str] | None:
    try:
        (select,) = statements(f"SELECT {text}")
    except (UnreadableError, ValueError):
        return None
    return frozenset(columns_in(select))


def is_unnamed(operation: Any) -> bool:
    """Check whether an operation creates a constraint or an index without a name."""
    kind = _KINDS.get(type(operation))
    if kind is None:
        return False
    attribute = "index_name" if kind == "ix" else "constraint_name"
    return not isinstance(getattr(operation, attribute), str)
