"""Convert RENAME, DROP, and statements on types, triggers, policies and schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.sql.columns import enum_name, name_in, name_of
from alembic_zdt.checks.sql.constraints import if_exists
from alembic_zdt.checks.sql.parsing import UnreadableError
from alembic_zdt.checks.sql.remainder import keep, of_relation, remainder
from alembic_zdt.checks.sql.tables import unknown
from alembic_zdt.names import QualifiedName

_CASCADE = 2


def renamed(node: Any) -> Iterator[Any]:
    """Yield the operation of ALTER ... RENAME."""
    kind = enum_name(node, "rename_type")
    if kind in _RENAMED_WITHOUT_HARM:
        yield effects.NoHarm(f"RENAME {kind.removeprefix('OBJECT_')}")
        return
    make = _RENAMED.get(kind)
    if make is None:
        raise unknown("RENAME", kind)
    read = ("rename_type", "relation_type", "relation", "object", "subname", "newname")
    parts = remainder(node, *read)
    if node.HasField("relation"):
        parts += of_relation(node.relation)
    yield keep(make(node), parts)


def _renamed_table(node: Any) -> ops.RenameTableOp:
    table = name_of(node.relation)
    return ops.RenameTableOp(table.name, node.newname, schema=table.schema)


def _renamed_view(node: Any) -> effects.MoveTable:
    return effects.MoveTable(name_of(node.relation), "RENAME")


def _renamed_column(node: Any) -> ops.AlterColumnOp:
    table = name_of(node.relation)
    return ops.AlterColumnOp(
        table.name, node.subname, schema=table.schema, modify_name=node.newname
    )


def _renamed_type(node: Any) -> effects.RenameType:
    return effects.RenameType(name_in(node.object.list.items), node.newname)


def _short(words: str) -> Callable[[Any], Any]:
    return lambda node: effects.ShortChange(name_of(node.relation), words)


_RENAMED: dict[str, Callable[[Any], Any]] = {
    "OBJECT_COLUMN": _renamed_column,
    "OBJECT_DOMAIN": _renamed_type,
    "OBJECT_FOREIGN_TABLE": _renamed_table,
    "OBJECT_MATVIEW": _renamed_view,
    "OBJECT_POLICY": _short("ALTER POLICY ... RENAME"),
    "OBJECT_SCHEMA": lambda node: effects.RenameSchema(node.subname),
    "OBJECT_TABCONSTRAINT": _short("RENAME CONSTRAINT"),
    "OBJECT_TABLE": _renamed_table,
    "OBJECT_TRIGGER": _short("ALTER TRIGGER ... RENAME"),
    "OBJECT_TYPE": _renamed_type,
    "OBJECT_VIEW": _renamed_view,
}
_RENAMED_WITHOUT_HARM = {
    "OBJECT_DOMCONSTRAINT",
    "OBJECT_INDEX",
    "OBJECT_SEQUENCE",
    "OBJECT_STATISTIC_EXT",
}
"""Objects whose names applications do not use; only a few use a sequence by name."""


def moved(node: Any) -> Iterator[Any]:
    """Yield the operation of ALTER ... SET SCHEMA."""
    kind = enum_name(node, "object_type")
    if kind in _RELATIONS:
        yield effects.MoveTable(name_of(node.relation), "SET SCHEMA")
    elif kind in {"OBJECT_DOMAIN", "OBJECT_TYPE"}:
        yield effects.RenameType(name_in(node.object.list.items))
    else:
        raise unknown("SET SCHEMA of", kind)


_RELATIONS = {"OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW", "OBJECT_TABLE", "OBJECT_VIEW"}


def dropped(node: Any) -> Iterator[Any]:
    """Yield the operations of DROP."""
    kind = enum_name(node, "remove_type")
    make = _DROPPED.get(kind)
    if make is not None:
        for each in node.objects:
            read = ("objects", "remove_type", "missing_ok", "concurrent")
            yield keep(make(node, [*each.list.items]), remainder(node, *read))
    elif kind in _DROPPED_WITHOUT_HARM and node.behavior != _CASCADE:
        yield effects.NoHarm(f"DROP {kind.removeprefix('OBJECT_')}")
    elif kind == "OBJECT_SCHEMA":
        for each in node.objects:
            yield effects.DropSchema(each.string.sval)
    elif kind in _CODE_MAY_USE_IT:
        raise UnreadableError(
            f"cannot check DROP {_CODE_MAY_USE_IT[kind]}: only the code shows whether "
            "it is used"
        )
    else:
        raise unknown("DROP", kind)


def _dropped_table(node: Any, items: list[Any]) -> ops.DropTableOp:
    table = name_in(items)
    return ops.DropTableOp(
        table.name, schema=table.schema, if_exists=node.missing_ok or None
    )


def _dropped_index(node: Any, items: list[Any]) -> Any:
    index = name_in(items)
    kw: dict[str, Any] = {"postgresql_concurrently": True} if node.concurrent else {}
    return if_exists(ops.DropIndexOp(index.name, schema=index.schema, **kw), node)


def _dropped_trigger(_node: Any, items: list[Any]) -> effects.DropTrigger:
    *table, trigger = items
    return effects.DropTrigger(name_in(table), "DROP TRIGGER", trigger.string.sval)


def _dropped_policy(_node: Any, items: list[Any]) -> effects.AlterPolicy:
    return effects.AlterPolicy(name_in(items[:-1]), "DROP POLICY")


_DROPPED: dict[str, Callable[[Any, list[Any]], Any]] = {
    "OBJECT_FOREIGN_TABLE": _dropped_table,
    "OBJECT_INDEX": _dropped_index,
    "OBJECT_POLICY": _dropped_policy,
    "OBJECT_TABLE": _dropped_table,
    "OBJECT_TRIGGER": _dropped_trigger,
}
_DROPPED_WITHOUT_HARM = {
    "OBJECT_AGGREGATE",
    "OBJECT_CAST",
    "OBJECT_COLLATION",
    "OBJECT_DOMAIN",
    "OBJECT_EVENT_TRIGGER",
    "OBJECT_EXTENSION",
    "OBJECT_FUNCTION",
    "OBJECT_OPCLASS",
    "OBJECT_OPERATOR",
    "OBJECT_OPFAMILY",
    "OBJECT_PROCEDURE",
    "OBJECT_ROUTINE",
    "OBJECT_SCHEMA",
    "OBJECT_SEQUENCE",
    "OBJECT_STATISTIC_EXT",
    "OBJECT_TSCONFIGURATION",
    "OBJECT_TSDICTIONARY",
    "OBJECT_TYPE",
}
"""Objects that nothing in the database uses if DROP works without CASCADE."""

_CODE_MAY_USE_IT = {"OBJECT_MATVIEW": "MATERIALIZED VIEW", "OBJECT_VIEW": "VIEW"}


def trigger(node: Any) -> Iterator[Any]:
    """Yield the operation of CREATE TRIGGER."""
    yield effects.CreateTrigger(name_of(node.relation), "CREATE TRIGGER", node.trigname)


def policy(words: str) -> Callable[[Any], Iterator[Any]]:
    """Return a reader of CREATE or ALTER POLICY."""

    def reader(node: Any) -> Iterator[Any]:
        yield effects.AlterPolicy(name_of(node.table), words)

    return reader


def type_made(field: str) -> Callable[[Any], Iterator[Any]]:
    """Return a reader of CREATE TYPE, whose name is in that field."""

    def reader(node: Any) -> Iterator[Any]:
        where = getattr(node, field)
        is_list = not hasattr(where, "relname")
        yield effects.MakeType(name_in(where) if is_list else name_of(where))

    return reader


def domain_made(node: Any) -> Iterator[Any]:
    """Yield the operation of CREATE DOMAIN."""
    kinds = {enum_name(each.constraint, "contype") for each in node.constraints}
    has_checks = bool(kinds & {"CONSTR_CHECK", "CONSTR_NOTNULL"})
    yield effects.MakeType(name_in(node.domainname), has_checks)


def domain_altered(node: Any) -> Iterator[Any]:
    """Yield the operation of ALTER DOMAIN."""
    name: QualifiedName = name_in(node.type_name)
    words = _DOMAIN.get(node.subtype)
    if words is None:
        yield effects.NoHarm("ALTER DOMAIN")
        return
    is_late = getattr(node, "def").constraint.skip_validation
    yield effects.AlterDomain(name, words, reads=not is_late)


_DOMAIN = {
    "C": "ADD CONSTRAINT",
    "O": "SET NOT NULL",
    "V": "VALIDATE CONSTRAINT",
}


def sequence_altered(node: Any) -> Iterator[Any]:
    """Yield the operation of ALTER SEQUENCE."""
    if any(each.def_elem.defname == "as" for each in node.options):
        yield effects.AlterSequenceType(name_of(node.sequence))
    else:
        yield effects.NoHarm("ALTER SEQUENCE")


def enum_altered(node: Any) -> Iterator[Any]:
    """Yield the operation of ALTER TYPE ... ADD VALUE or RENAME VALUE."""
    name = name_in(node.type_name)
    if node.old_val:
        yield effects.RenameEnumValue(name, node.old_val, node.new_val)
    else:
        where = "after" if node.new_val_is_after else "before"
        place = {where: node.new_val_neighbor} if node.new_val_neighbor else {}
        yield effects.AddEnumValue(name, node.new_val, **place)
