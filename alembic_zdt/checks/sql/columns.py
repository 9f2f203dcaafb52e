"""Columns and types as SQL writes them, as SQLAlchemy has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from alembic_zdt.checks.sql.parsing import written
from alembic_zdt.names import QualifiedName


class OtherType(UserDefinedType[Any]):
    """A type that SQLAlchemy has no class for.

    Args:
        name: as it is written.
        schema: in which it is, None where none is said.
    """

    cache_ok = True

    def __init__(self, name: str, schema: str | None = None) -> None:
        self.name, self.schema = name, schema

    def get_col_spec(self, **_kw: Any) -> str:
        """As it is written."""
        return self.name


_TYPES: dict[str, Callable[..., Any]] = {
    "bool": sa.Boolean,
    "bpchar": sa.CHAR,
    "bytea": sa.LargeBinary,
    "date": sa.Date,
    "float8": sa.Double,
    "int2": sa.SmallInteger,
    "int4": sa.Integer,
    "int8": sa.BigInteger,
    "integer": sa.Integer,
    "bigint": sa.BigInteger,
    "jsonb": postgresql.JSONB,
    "json": sa.JSON,
    "numeric": sa.Numeric,
    "text": sa.Text,
    "timestamp": sa.DateTime,
    "timestamptz": lambda *_: sa.DateTime(timezone=True),
    "uuid": sa.Uuid,
    "varchar": sa.String,
}
_SERIAL = {
    "bigserial": sa.BigInteger,
    "serial": sa.Integer,
    "serial2": sa.SmallInteger,
    "serial4": sa.Integer,
    "serial8": sa.BigInteger,
    "smallserial": sa.SmallInteger,
}
"""Numbered for each row that is there, as an identity is."""


def type_of(node: Any) -> Any:
    """The type of a ``TypeName``."""
    *schemas, name = (each.string.sval for each in node.names)
    if node.array_bounds:
        return OtherType(f"{name}[]")
    make = _TYPES.get(name)
    sizes = [mod.a_const.ival.ival for mod in node.typmods]
    if make is None:
        own = [schema for schema in schemas if schema != "pg_catalog"]
        return OtherType(_with_sizes(name, sizes), own[-1] if own else None)
    if name in {"bpchar", "numeric", "varchar"}:
        return make(*sizes)
    return OtherType(_with_sizes(name, sizes)) if sizes else make()


def _with_sizes(name: str, sizes: list[int]) -> str:
    """As it is written; of an interval the fields come first, which is a mask."""
    if name == "interval":
        sizes = sizes[1:]
    return f"{name}({', '.join(map(str, sizes))})" if sizes else name


def column_of(node: Any) -> sa.Column[Any]:
    """The column of a ``ColumnDef``."""
    parts: list[Any] = []
    named: dict[str, Any] = {}
    for each in node.constraints:
        kind = enum_name(each.constraint, "contype")
        if kind in _PARTS:
            parts.append(_PARTS[kind](each.constraint))
        if kind in _NAMED:
            named |= _NAMED[kind](each.constraint)
    serial = _SERIAL.get(node.type_name.names[-1].string.sval)
    if serial is not None:
        named["nullable"] = False
        return sa.Column(node.colname, serial(), sa.Identity(), *parts, **named)
    return sa.Column(node.colname, type_of(node.type_name), *parts, **named)


def foreign_key_of(node: Any) -> sa.ForeignKeyConstraint:
    """A foreign key of a table that is made."""
    place = name_of(node.pktable)
    parts = (place.schema, place.name)
    table = ".".join(part for part in parts if part)
    columns = [key.string.sval for key in node.fk_attrs]
    remote = [key.string.sval for key in node.pk_attrs] or ["id"] * len(columns)
    targets = [f"{table}.{name}" for name in remote]
    return sa.ForeignKeyConstraint(columns, targets, name=node.conname or None)


def check_of(node: Any) -> sa.CheckConstraint:
    """A CHECK of a table or a column that is made."""
    return sa.CheckConstraint(expression(node.raw_expr), name=node.conname or None)


def primary_key_of(node: Any) -> sa.PrimaryKeyConstraint:
    """A primary key of a table that is made."""
    names = [key.string.sval for key in node.keys]
    return sa.PrimaryKeyConstraint(*names, name=node.conname or None)


def expression(node: Any) -> sa.TextClause:
    """An expression, as SQLAlchemy is given one."""
    return sa.text(written(node).replace(":", r"\:"))


def _computed(node: Any) -> sa.Computed:
    return sa.Computed(written(node.raw_expr), persisted=node.generated_kind != "v")


_PARTS: dict[str, Callable[[Any], Any]] = {
    "CONSTR_CHECK": check_of,
    "CONSTR_FOREIGN": lambda c: sa.ForeignKey(_target(c), name=c.conname or None),
    "CONSTR_GENERATED": _computed,
    "CONSTR_IDENTITY": lambda c: sa.Identity(always=c.generated_when == "a"),
}
_NAMED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "CONSTR_DEFAULT": lambda c: {"server_default": expression(c.raw_expr)},
    "CONSTR_IDENTITY": lambda _: {"nullable": False},
    "CONSTR_NOTNULL": lambda _: {"nullable": False},
    "CONSTR_PRIMARY": lambda _: {"primary_key": True},
    "CONSTR_UNIQUE": lambda _: {"unique": True},
}


def _target(node: Any) -> str:
    place = name_of(node.pktable)
    column = node.pk_attrs[0].string.sval if node.pk_attrs else "id"
    return ".".join(part for part in (place.schema, place.name, column) if part)


def name_of(relation: Any) -> QualifiedName:
    """The name of a ``RangeVar``."""
    return QualifiedName(relation.relname, relation.schemaname or None)


def name_in(items: Any) -> QualifiedName:
    """The name that the last one or two of these nodes say."""
    names = [item.string.sval for item in items]
    schema, name = ([None, *names])[-2:]
    return QualifiedName(str(name), schema)


def enum_name(message: Any, field: str) -> str:
    """How the grammar calls the value of a field."""
    kind = type(message).DESCRIPTOR.fields_by_name[field].enum_type
    return str(kind.values_by_number[getattr(message, field)].name)
