"""Constraints as SQL writes them, as Alembic's operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import ops

from alembic_zdt.checks.sql import acts
from alembic_zdt.checks.sql.columns import enum_name, expression, name_of
from alembic_zdt.names import QualifiedName


def added_constraint(command: Any, table: QualifiedName) -> Any:
    """The operation that adds a constraint."""
    node = getattr(command, "def").constraint
    kind = enum_name(node, "contype")
    if node.indexname:  # it is only taken over
        return _using_index(node, table, kind)
    make = _CONSTRAINTS.get(kind)
    if make is None:
        return acts.ShortChange(table, "ADD CONSTRAINT")
    late = {"postgresql_not_valid": True} if node.skip_validation else {}
    return make(node, table, late)


def dropped_constraint(command: Any, table: QualifiedName) -> ops.DropConstraintOp:
    """The operation that drops a constraint, of which SQL does not say the kind."""
    return ops.DropConstraintOp(command.name, table.name, schema=table.schema)


def _using_index(node: Any, table: QualifiedName, kind: str) -> Any:
    if kind != "CONSTR_PRIMARY":
        return acts.ShortChange(table, "ADD CONSTRAINT ... USING INDEX")
    name = node.conname or node.indexname
    words = "ADD PRIMARY KEY USING INDEX"
    return acts.AddKeyUsingIndex(table, words, name, node.indexname)


def _check(node: Any, table: QualifiedName, late: dict[str, Any]) -> Any:
    return ops.CreateCheckConstraintOp(
        node.conname or None,
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
        return acts.AddNotNullNotValid(table, words, name, column)
    return ops.AlterColumnOp(
        table.name, column, modify_nullable=False, schema=table.schema
    )


def _unique(node: Any, table: QualifiedName, _late: dict[str, Any]) -> Any:
    columns = [key.string.sval for key in node.keys]
    return ops.CreateUniqueConstraintOp(
        node.conname or None, table.name, columns, schema=table.schema
    )


def _primary(node: Any, table: QualifiedName, _late: dict[str, Any]) -> Any:
    columns = [key.string.sval for key in node.keys]
    return ops.CreatePrimaryKeyOp(
        node.conname or None, table.name, columns, schema=table.schema
    )


def _exclusion(node: Any, table: QualifiedName, _late: dict[str, Any]) -> Any:
    return CreateExcludeConstraintOp(
        node.conname or None, table.name, [], schema=table.schema
    )


def _foreign_key(
    node: Any, table: QualifiedName, late: dict[str, Any]
) -> ops.CreateForeignKeyOp:
    parent = name_of(node.pktable)
    return ops.CreateForeignKeyOp(
        node.conname or None,
        table.name,
        parent.name,
        [key.string.sval for key in node.fk_attrs],
        [key.string.sval for key in node.pk_attrs] or ["id"],
        source_schema=table.schema,
        referent_schema=parent.schema,
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
