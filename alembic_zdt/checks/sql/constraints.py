"""Convert constraints in SQL to Alembic's operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import ops

from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.sql.columns import (
    FOREIGN_KEY_FIELDS,
    UNIQUE_FIELDS,
    enum_name,
    expression,
    name_of,
    remainder_of_constraint,
)
from alembic_zdt.checks.sql.key_options import (
    NameInSql,
    columns_in,
    named,
    of_foreign_key,
    of_unique,
)
from alembic_zdt.checks.sql.remainder import keep
from alembic_zdt.names import QualifiedName, default_constraint_name


def added_constraint(command: Any, table: QualifiedName) -> Any:
    """Return the operation that adds a constraint."""
    node = getattr(command, "def").constraint
    kind = enum_name(node, "contype")
    if node.indexname:  # of an existing index
        act = _using_index(node, table, kind)
        parts = remainder_of_constraint(node, kind, "conname", "indexname")
        return keep(act, parts)
    make = _CONSTRAINTS.get(kind)
    if make is None:
        return effects.ShortChange(table, "ADD CONSTRAINT")
    late = {"postgresql_not_valid": True} if node.skip_validation else {}
    operation = make(node, table, late)
    return keep(operation, remainder_of_constraint(node, kind, *_READ[kind]))


def dropped_constraint(command: Any, table: QualifiedName) -> Any:
    """Return the operation that drops a constraint, whose kind SQL does not name."""
    op = ops.DropConstraintOp(command.name, table.name, schema=table.schema)
    return if_exists(op, command)


def if_exists(operation: Any, node: Any) -> Any:
    """Return a drop with the IF EXISTS of its SQL, even before Alembic 1.16."""
    if node.missing_ok:
        operation.if_exists = True
    return operation


def _using_index(node: Any, table: QualifiedName, kind: str) -> Any:
    if kind != "CONSTR_PRIMARY":
        return effects.ShortChange(table, "ADD CONSTRAINT ... USING INDEX")
    name = node.conname or node.indexname
    words = "ADD PRIMARY KEY USING INDEX"
    return effects.AddKeyUsingIndex(table, words, name, node.indexname)


def _name(node: Any, table: QualifiedName, columns: Iterable[str], label: str) -> str:
    """Return the name of a constraint, or the one that PostgreSQL gives it."""
    default = default_constraint_name(table.name, "_".join(columns), label)
    return NameInSql(node.conname or default)


def _check(node: Any, table: QualifiedName, late: dict[str, Any]) -> Any:
    columns = columns_in(node.raw_expr)
    return ops.CreateCheckConstraintOp(
        _name(node, table, columns if len(columns) == 1 else (), "check"),
        table.name,
        expression(node.raw_expr),
        schema=table.schema,
        **late,
    )


def _not_null(node: Any, table: QualifiedName, late: dict[str, Any]) -> Any:
    column = node.keys[0].string.sval
    if late:
        name = node.conname or f"{table.name}_{column}_not_null"
        words = "ADD NOT NULL ... NOT VALID"
        return effects.AddNotNullNotValid(table, words, name, column)
    return ops.AlterColumnOp(
        table.name, column, modify_nullable=False, schema=table.schema
    )


def _unique(node: Any, table: QualifiedName, _late: dict[str, Any]) -> Any:
    columns = named(node.keys)
    return ops.CreateUniqueConstraintOp(
        _name(node, table, [*columns, *named(node.including)], "key"),
        table.name,
        columns,
        schema=table.schema,
        **of_unique(node),
    )


def _primary(node: Any, table: QualifiedName, _late: dict[str, Any]) -> Any:
    columns = named(node.keys)
    name = _name(node, table, (), "pkey")
    return ops.CreatePrimaryKeyOp(name, table.name, columns, schema=table.schema)


def _exclusion(node: Any, table: QualifiedName, _late: dict[str, Any]) -> Any:
    return CreateExcludeConstraintOp(
        node.conname or None, table.name, [], schema=table.schema
    )


def _foreign_key(
    node: Any, table: QualifiedName, late: dict[str, Any]
) -> ops.CreateForeignKeyOp:
    parent = name_of(node.pktable)
    columns = named(node.fk_attrs)
    return ops.CreateForeignKeyOp(
        _name(node, table, columns, "fkey"),
        table.name,
        parent.name,
        columns,
        named(node.pk_attrs) or ["id"],
        source_schema=table.schema,
        referent_schema=parent.schema,
        **of_foreign_key(node),
        **late,
    )


_CONSTRAINTS: dict[str, Callable[[Any, QualifiedName, dict[str, Any]], Any]] = {
    "CONSTR_CHECK": _check,
    "CONSTR_EXCLUSION": _exclusion,
    "CONSTR_FOREIGN": _foreign_key,
    "CONSTR_NOTNULL": _not_null,
    "CONSTR_PRIMARY": _primary,
    "CONSTR_UNIQUE": _unique,
}
_READ: dict[str, tuple[str, ...]] = {
    "CONSTR_CHECK": ("conname", "raw_expr"),
    "CONSTR_EXCLUSION": (),
    "CONSTR_FOREIGN": FOREIGN_KEY_FIELDS,
    "CONSTR_NOTNULL": ("keys",),
    "CONSTR_PRIMARY": ("conname", "keys"),
    "CONSTR_UNIQUE": UNIQUE_FIELDS,
}
