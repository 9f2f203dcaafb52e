"""ALTER TABLE and its relatives, as Alembic's operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import ops

from alembic_zdt.checks.sql import acts
from alembic_zdt.checks.sql.columns import (
    column_of,
    enum_name,
    expression,
    foreign_key_of,
    name_of,
    type_of,
)
from alembic_zdt.checks.sql.parsing import UnreadableError, written
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.constraint import ValidateConstraintOp

_OTHERS = {"OBJECT_SEQUENCE", "OBJECT_VIEW"}
"""Their ALTER takes no lock on a table."""

_REWRITES = {
    "AT_SetLogged": "SET LOGGED",
    "AT_SetUnLogged": "SET UNLOGGED",
    "AT_SetTableSpace": "SET TABLESPACE",
    "AT_SetAccessMethod": "SET ACCESS METHOD",
    "AT_SetExpression": "SET EXPRESSION",
}


_ONLY_A_SERVER_KNOWS = {
    "AT_AlterConstraint": "only a server knows whether ALTER CONSTRAINT reads rows",
    "AT_AttachPartition": "only a server knows whether ATTACH PARTITION reads rows",
}


def altered(node: Any) -> Iterator[Any]:
    """ALTER TABLE: one operation for each of its actions."""
    kind = enum_name(node, "objtype")
    if kind in _OTHERS:
        yield acts.NoHarm(f"ALTER {kind.removeprefix('OBJECT_')}")
        return
    if kind not in {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"}:
        raise _unknown("ALTER", kind)
    table = name_of(node.relation)
    for each in node.cmds:
        yield _action(each.alter_table_cmd, table)


def _unknown(verb: str, kind: str) -> UnreadableError:
    return UnreadableError(f"nothing is known of {verb} {kind.removeprefix('OBJECT_')}")


def _action(command: Any, table: QualifiedName) -> Any:
    kind = enum_name(command, "subtype")
    if kind in _ONLY_A_SERVER_KNOWS:
        raise UnreadableError(_ONLY_A_SERVER_KNOWS[kind])
    make = _ACTIONS.get(kind)
    if make is not None:
        return make(command, table)
    if kind in _REWRITES:
        return acts.RewriteTable(table, f"ALTER TABLE ... {_REWRITES[kind]}")
    return acts.ShortChange(table, f"ALTER TABLE ({kind.removeprefix('AT_')})")


def _column(command: Any, table: QualifiedName, **changes: Any) -> ops.AlterColumnOp:
    return ops.AlterColumnOp(table.name, command.name, schema=table.schema, **changes)


def _retyped(command: Any, table: QualifiedName) -> ops.AlterColumnOp:
    definition = getattr(command, "def").column_def
    kind = type_of(definition.type_name)
    using = {}
    if definition.HasField("raw_default"):
        using["postgresql_using"] = written(definition.raw_default)
    return _column(command, table, modify_type=kind, **using)


def _added(command: Any, table: QualifiedName) -> ops.AddColumnOp:
    column = column_of(getattr(command, "def").column_def)
    return ops.AddColumnOp(
        table.name, column, schema=table.schema, inline_references=True
    )


def _constraint(command: Any, table: QualifiedName) -> Any:
    return constraint_of(getattr(command, "def").constraint, table)


def constraint_of(node: Any, table: QualifiedName) -> Any:
    """The operation that adds a constraint."""
    make = _CONSTRAINTS.get(enum_name(node, "contype"))
    if make is None or node.indexname:  # USING INDEX only takes it over
        return acts.ShortChange(table, "ADD CONSTRAINT")
    late = {"postgresql_not_valid": True} if node.skip_validation else {}
    return make(node, table, late)


def _check(node: Any, table: QualifiedName, late: dict[str, Any]) -> Any:
    return ops.CreateCheckConstraintOp(
        node.conname or None,
        table.name,
        expression(node.raw_expr),
        schema=table.schema,
        **late,
    )


def _not_null(node: Any, table: QualifiedName, late: dict[str, Any]) -> Any:
    if late:
        return acts.ShortChange(table, "ADD NOT NULL ... NOT VALID")
    name = node.keys[0].string.sval
    return ops.AlterColumnOp(
        table.name, name, modify_nullable=False, schema=table.schema
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


def _dropped_constraint(command: Any, table: QualifiedName) -> ops.DropConstraintOp:
    return ops.DropConstraintOp(command.name, table.name, schema=table.schema)


def _detached(command: Any, table: QualifiedName) -> Any:
    is_concurrent = getattr(command, "def").partition_cmd.concurrent
    if is_concurrent:
        return acts.NoHarm("DETACH PARTITION ... CONCURRENTLY")
    return acts.DetachPartition(table, "DETACH PARTITION")


_CONSTRAINTS: dict[str, Callable[[Any, QualifiedName, dict[str, Any]], Any]] = {
    "CONSTR_CHECK": _check,
    "CONSTR_EXCLUSION": _exclusion,
    "CONSTR_FOREIGN": _foreign_key,
    "CONSTR_NOTNULL": _not_null,
    "CONSTR_PRIMARY": _primary,
    "CONSTR_UNIQUE": _unique,
}
_ACTIONS: dict[str, Callable[[Any, QualifiedName], Any]] = {
    "AT_AddColumn": _added,
    "AT_AddConstraint": _constraint,
    "AT_AlterColumnType": _retyped,
    "AT_ColumnDefault": lambda c, t: _column(c, t, modify_server_default=None),
    "AT_DetachPartition": _detached,
    "AT_DropColumn": lambda c, t: ops.DropColumnOp(t.name, c.name, schema=t.schema),
    "AT_DropConstraint": _dropped_constraint,
    "AT_DropNotNull": lambda c, t: _column(c, t, modify_nullable=True),
    "AT_SetNotNull": lambda c, t: _column(c, t, modify_nullable=False),
    "AT_ValidateConstraint": lambda c, t: ValidateConstraintOp(
        c.name, t.name, schema=t.schema
    ),
}


def created(node: Any) -> Iterator[Any]:
    """CREATE TABLE."""
    table = name_of(node.relation)
    if node.HasField("partbound"):
        parent = name_of(node.inh_relations[0].range_var)
        yield acts.CreatePartition(parent, "CREATE TABLE ... PARTITION OF")
    parts: list[Any] = [
        column_of(element.column_def)
        for element in node.table_elts
        if element.HasField("column_def")
    ]
    parts += [
        foreign_key_of(element.constraint)
        for element in node.table_elts
        if element.HasField("constraint") and element.constraint.HasField("pktable")
    ]
    yield ops.CreateTableOp(table.name, parts, schema=table.schema)


def made_of_rows(into: Any) -> ops.CreateTableOp:
    """CREATE TABLE ... AS, SELECT ... INTO, and materialized views."""
    table = name_of(into.rel)
    return ops.CreateTableOp(table.name, [], schema=table.schema)


def renamed(node: Any) -> Iterator[Any]:
    """ALTER ... RENAME."""
    kind = enum_name(node, "rename_type")
    if kind == "OBJECT_TABLE":
        table = name_of(node.relation)
        yield ops.RenameTableOp(table.name, node.newname, schema=table.schema)
    elif kind == "OBJECT_COLUMN":
        table = name_of(node.relation)
        yield ops.AlterColumnOp(
            table.name, node.subname, schema=table.schema, modify_name=node.newname
        )
    elif kind in _RENAMED_WITHOUT_HARM:
        yield acts.NoHarm(f"RENAME {kind.removeprefix('OBJECT_')}")
    else:
        raise _unknown("RENAME", kind)


_RENAMED_WITHOUT_HARM = {
    "OBJECT_INDEX",
    "OBJECT_SEQUENCE",
    "OBJECT_TABCONSTRAINT",
    "OBJECT_TRIGGER",
}
"""No code of an application knows them by name, but a sequence, seldom."""


def indexed(node: Any) -> Iterator[Any]:
    """CREATE INDEX."""
    table = name_of(node.relation)
    if not node.relation.inh:
        yield acts.NoHarm("CREATE INDEX ON ONLY a partitioned table")
        return
    columns: list[Any] = []
    for each in node.index_params:
        element = each.index_elem
        columns.append(element.name or expression(element.expr))
    kw: dict[str, Any] = {"postgresql_concurrently": True} if node.concurrent else {}
    if node.HasField("where_clause"):
        kw["postgresql_where"] = expression(node.where_clause)
    yield ops.CreateIndexOp(
        node.idxname or None,
        table.name,
        columns,
        schema=table.schema,
        unique=node.unique,
        if_not_exists=node.if_not_exists or None,
        **kw,
    )


def dropped(node: Any) -> Iterator[Any]:
    """DROP."""
    kind = enum_name(node, "remove_type")
    if kind not in {"OBJECT_TABLE", "OBJECT_INDEX"}:
        if kind not in _DROPPED_WITHOUT_HARM or node.behavior == _CASCADE:
            raise _unknown("DROP", kind)
        yield acts.NoHarm(f"DROP {kind.removeprefix('OBJECT_')}")
        return
    for each in node.objects:
        names = [item.string.sval for item in each.list.items]
        schema, name = ([None, *names])[-2:]
        if kind == "OBJECT_TABLE":
            yield ops.DropTableOp(str(name), schema=schema)
        else:
            kw: dict[str, Any] = {}
            if node.concurrent:
                kw["postgresql_concurrently"] = True
            yield ops.DropIndexOp(str(name), schema=schema, **kw)


_CASCADE = 2
_DROPPED_WITHOUT_HARM = {
    "OBJECT_AGGREGATE",
    "OBJECT_COLLATION",
    "OBJECT_FUNCTION",
    "OBJECT_OPERATOR",
    "OBJECT_PROCEDURE",
    "OBJECT_SEQUENCE",
    "OBJECT_TYPE",
}
"""Without CASCADE, so nothing uses them."""
