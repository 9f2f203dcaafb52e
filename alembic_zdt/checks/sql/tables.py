"""Convert ALTER TABLE, CREATE TABLE and the like to Alembic's operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.sql.columns import (
    check_of,
    column_of,
    enum_name,
    expression,
    foreign_key_of,
    name_of,
    primary_key_of,
    remainder_of_column,
    remainder_of_type,
    unique_of,
)
from alembic_zdt.checks.sql.constraints import (
    added_constraint,
    dropped_constraint,
    if_exists,
)
from alembic_zdt.checks.sql.parsing import UnreadableError, written
from alembic_zdt.checks.sql.remainder import keep, of_relation, remainder
from alembic_zdt.checks.sql.sql_types import type_of
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.constraints.validate_constraint import ValidateConstraintOp

_OTHERS = {"OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_TYPE", "OBJECT_VIEW"}
"""Objects whose ALTER takes no lock on a table, or SHARE UPDATE EXCLUSIVE."""

_TABLES = {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW"}

_REWRITES = {
    "AT_SetLogged": "SET LOGGED",
    "AT_SetUnLogged": "SET UNLOGGED",
    "AT_SetTableSpace": "SET TABLESPACE",
    "AT_SetAccessMethod": "SET ACCESS METHOD",
}
_NOT_OF_THE_APPLICATION = {
    "AT_ClusterOn",
    "AT_DropCluster",
    "AT_ReplaceRelOptions",
    "AT_ResetOptions",
    "AT_ResetRelOptions",
    "AT_SetOptions",
    "AT_SetRelOptions",
    "AT_SetStatistics",
}
"""Actions that take SHARE UPDATE EXCLUSIVE, as measured on PostgreSQL 14 to 18."""

_TRIGGERS = {
    "AT_DisableTrig": "DISABLE TRIGGER",
    "AT_DisableTrigAll": "DISABLE TRIGGER ALL",
    "AT_DisableTrigUser": "DISABLE TRIGGER USER",
    "AT_EnableReplicaTrig": "ENABLE REPLICA TRIGGER",
}
_ROW_SECURITY = {
    "AT_DisableRowSecurity": "DISABLE ROW LEVEL SECURITY",
    "AT_EnableRowSecurity": "ENABLE ROW LEVEL SECURITY",
    "AT_ForceRowSecurity": "FORCE ROW LEVEL SECURITY",
    "AT_NoForceRowSecurity": "NO FORCE ROW LEVEL SECURITY",
}


def altered(node: Any) -> Iterator[Any]:
    """Yield one operation for each action of an ALTER TABLE."""
    kind = enum_name(node, "objtype")
    table = name_of(node.relation)
    parts = [
        *remainder(node, "relation", "cmds", "objtype"),
        *of_relation(node.relation),
    ]
    for each in node.cmds:
        command = each.alter_table_cmd
        if kind in _TABLES or _moves_index(kind, command):
            action = _action(command, table)
            read = ("subtype", "name", "num", "def", "missing_ok")
            yield keep(action, [*parts, *remainder(command, *read)])
        elif kind in _OTHERS:
            yield effects.NoHarm(f"ALTER {kind.removeprefix('OBJECT_')}")
        else:
            raise unknown("ALTER", kind)


def _moves_index(kind: str, command: Any) -> bool:
    is_moved = enum_name(command, "subtype") == "AT_SetTableSpace"
    return kind == "OBJECT_INDEX" and is_moved


def unknown(verb: str, kind: str) -> UnreadableError:
    """Return the error for a kind of object that no reader knows."""
    return UnreadableError(f"cannot check {verb} {kind.removeprefix('OBJECT_')}")


def _action(command: Any, table: QualifiedName) -> Any:
    kind = enum_name(command, "subtype")
    make = _ACTIONS.get(kind)
    if make is not None:
        return make(command, table)
    for words, act in _BY_WORDS:
        if kind in words:
            return act(table, words[kind])
    said = f"ALTER TABLE ({kind.removeprefix('AT_')})"
    if kind in _NOT_OF_THE_APPLICATION:
        return effects.NoHarm(said)
    return effects.ShortChange(table, said)


def _column(command: Any, table: QualifiedName, **changes: Any) -> ops.AlterColumnOp:
    return ops.AlterColumnOp(table.name, command.name, schema=table.schema, **changes)


def _retyped(command: Any, table: QualifiedName) -> ops.AlterColumnOp:
    definition = getattr(command, "def").column_def
    collation = definition.coll_clause if definition.HasField("coll_clause") else None
    kind = type_of(definition.type_name, collation)
    using = {}
    if definition.HasField("raw_default"):
        using["postgresql_using"] = written(definition.raw_default)
    changed = _column(command, table, modify_type=kind, **using)
    return keep(changed, remainder_of_type(definition))


def _defaulted(command: Any, table: QualifiedName) -> ops.AlterColumnOp:
    if not command.HasField("def"):
        return _column(command, table, modify_server_default=None)
    value = expression(getattr(command, "def"))
    return _column(command, table, modify_server_default=value)


def _added(command: Any, table: QualifiedName) -> ops.AddColumnOp:
    definition = getattr(command, "def").column_def
    added = ops.AddColumnOp(
        table.name,
        column_of(definition),
        schema=table.schema,
        inline_references=True,
        if_not_exists=command.missing_ok or None,
    )
    return keep(added, remainder_of_column(definition))


def _altered_constraint(command: Any, table: QualifiedName) -> effects.ShortChange:
    changed = getattr(command, "def").atalter_constraint
    if changed.alter_enforceability and changed.is_enforced:
        raise UnreadableError(
            "only a server knows whether making the constraint ENFORCED reads rows"
        )
    return effects.ShortChange(table, "ALTER CONSTRAINT")


def _attached(command: Any, table: QualifiedName) -> effects.AttachPartition:
    child = name_of(getattr(command, "def").partition_cmd.name)
    return effects.AttachPartition(table, "ATTACH PARTITION", child)


def _detached(command: Any, table: QualifiedName) -> Any:
    is_concurrent = getattr(command, "def").partition_cmd.concurrent
    if is_concurrent:
        return effects.NoHarm("DETACH PARTITION ... CONCURRENTLY")
    return effects.DetachPartition(table, "DETACH PARTITION")


_ACTIONS: dict[str, Callable[[Any, QualifiedName], Any]] = {
    "AT_AddColumn": _added,
    "AT_AddConstraint": added_constraint,
    "AT_AlterConstraint": _altered_constraint,
    "AT_AlterColumnType": _retyped,
    "AT_AttachPartition": _attached,
    "AT_ColumnDefault": _defaulted,
    "AT_DetachPartition": _detached,
    "AT_DetachPartitionFinalize": lambda _c, _t: effects.NoHarm("DETACH ... FINALIZE"),
    "AT_DropColumn": lambda c, t: if_exists(
        ops.DropColumnOp(t.name, c.name, schema=t.schema), c
    ),
    "AT_DropConstraint": dropped_constraint,
    "AT_DropNotNull": lambda c, t: _column(c, t, modify_nullable=True),
    "AT_SetExpression": lambda c, t: effects.SetExpression(t, "SET EXPRESSION", c.name),
    "AT_SetNotNull": lambda c, t: _column(c, t, modify_nullable=False),
    "AT_ValidateConstraint": lambda c, t: ValidateConstraintOp(
        c.name, t.name, schema=t.schema
    ),
}
_BY_WORDS: tuple[tuple[dict[str, str], Callable[[QualifiedName, str], Any]], ...] = (
    (
        {kind: f"ALTER TABLE ... {words}" for kind, words in _REWRITES.items()},
        effects.RewriteTable,
    ),
    (_TRIGGERS, effects.SwitchTrigger),
    (_ROW_SECURITY, effects.AlterPolicy),
)


def created(node: Any) -> Iterator[Any]:
    """Yield the operations of CREATE TABLE."""
    table = name_of(node.relation)
    if node.HasField("partbound"):
        parent = name_of(node.inh_relations[0].range_var)
        yield effects.CreatePartition(parent, "CREATE TABLE ... PARTITION OF")
    yield ops.CreateTableOp(
        table.name,
        list(_parts(node)),
        schema=table.schema,
        if_not_exists=node.if_not_exists or None,
    )


def _parts(node: Any) -> Iterator[Any]:
    for element in node.table_elts:
        if element.HasField("column_def"):
            yield column_of(element.column_def)
        elif element.HasField("constraint"):
            make = _PARTS.get(enum_name(element.constraint, "contype"))
            if make is not None:
                yield make(element.constraint)


_PARTS: dict[str, Callable[[Any], Any]] = {
    "CONSTR_CHECK": check_of,
    "CONSTR_FOREIGN": foreign_key_of,
    "CONSTR_PRIMARY": primary_key_of,
    "CONSTR_UNIQUE": unique_of,
}


def foreign_table(node: Any) -> Iterator[Any]:
    """Yield the operations of CREATE FOREIGN TABLE."""
    yield from created(node.base_stmt)


def made_by_query(node: Any) -> Iterator[Any]:
    """Yield the operation of CREATE TABLE AS or CREATE MATERIALIZED VIEW."""
    yield effects.MakeRelation(name_of(node.into.rel))
