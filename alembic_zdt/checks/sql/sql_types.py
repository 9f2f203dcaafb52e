"""Convert types in SQL to SQLAlchemy's types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from alembic_zdt.names import quote


class OtherType(UserDefinedType[Any]):
    """A type that SQLAlchemy has no class for.

    Args:
        name: the name of the type.
        schema: the schema of the type, None if SQL names none.
        tail: the text after the name: sizes, and brackets for an array.
    """

    cache_ok = True

    def __init__(self, name: str, schema: str | None = None, tail: str = "") -> None:
        self.name, self.schema, self.tail = name, schema, tail

    def get_col_spec(self, **_kw: Any) -> str:
        """Return the type as SQL writes it."""
        if self.schema is None and self.name == "interval":
            return f"{self.name}{self.tail}"  # in quotes it would take no precision
        parts = (self.schema, self.name)
        return f"{'.'.join(quote(each) for each in parts if each)}{self.tail}"


_PLAIN: dict[str, Callable[[], Any]] = {
    "bool": sa.Boolean,
    "bytea": sa.LargeBinary,
    "date": sa.Date,
    "float4": sa.REAL,
    "float8": sa.Double,
    "int2": sa.SmallInteger,
    "int4": sa.Integer,
    "int8": sa.BigInteger,
    "integer": sa.Integer,
    "bigint": sa.BigInteger,
    "jsonb": postgresql.JSONB,
    "json": sa.JSON,
    "text": sa.Text,
    "uuid": sa.Uuid,
}
_OF_POSTGRESQL = (
    "cidr",
    "citext",
    "daterange",
    "hstore",
    "inet",
    "int4range",
    "int8range",
    "jsonpath",
    "macaddr",
    "macaddr8",
    "money",
    "numrange",
    "oid",
    "tsquery",
    "tsrange",
    "tstzrange",
    "tsvector",
)
"""Types whose class in SQLAlchemy has the same name, in upper case."""

_PLAIN |= {
    name: getattr(postgresql, name.upper())
    for name in _OF_POSTGRESQL
    if hasattr(postgresql, name.upper())  # CITEXT since SQLAlchemy 2.0.7
}
_SIZED: dict[str, Callable[..., Any]] = {
    "bit": postgresql.BIT,
    "bpchar": sa.CHAR,
    "interval": lambda _fields=None, size=None: postgresql.INTERVAL(precision=size),
    "numeric": sa.Numeric,
    "time": lambda size=None: _moment(sa.Time, postgresql.TIME, size),
    "timestamp": lambda size=None: _moment(sa.DateTime, postgresql.TIMESTAMP, size),
    "timestamptz": lambda size=None: _moment(
        sa.DateTime, postgresql.TIMESTAMP, size, timezone=True
    ),
    "timetz": lambda size=None: _moment(sa.Time, postgresql.TIME, size, timezone=True),
    "varbit": lambda size=None: postgresql.BIT(size, varying=True),
    "varchar": sa.String,
}
_COLLATED = (sa.String, sa.Text, sa.CHAR)
_ANY_FIELDS = 32767
"""The mask of an interval whose fields are not limited."""


def _moment(
    plain: Callable[..., Any], exact: Callable[..., Any], size: Any, **zone: bool
) -> Any:
    return plain(**zone) if size is None else exact(precision=size, **zone)


def type_of(node: Any, collation: Any = None) -> Any:
    """Return the type of a ``TypeName``, with its collation where it can have one."""
    *schemas, name = (each.string.sval for each in node.names)
    sizes = [mod.a_const.ival.ival for mod in node.typmods]
    own = [schema for schema in schemas if schema != "pg_catalog"]
    kind = None if own else _known(name, sizes)
    if kind is None:
        kind = OtherType(name, own[-1] if own else None, _sizes(name, sizes))
    elif collation is not None and can_collate(kind, collation):
        kind.collation = collation.collname[0].string.sval
    return _array(kind, len(node.array_bounds)) if node.array_bounds else kind


def can_collate(kind: Any, collation: Any) -> bool:
    """Check whether SQLAlchemy's type can be given this collation."""
    return type(kind) in _COLLATED and len(collation.collname) == 1


def is_written(kind: Any) -> bool:
    """Check whether a revision can write the type with SQLAlchemy's classes."""
    return not isinstance(getattr(kind, "item_type", kind), OtherType)


def _known(name: str, sizes: list[int]) -> Any:
    if name in _PLAIN and not sizes:
        return _PLAIN[name]()
    if name == "interval" and sizes and sizes[0] != _ANY_FIELDS:
        return None
    return _SIZED[name](*sizes) if name in _SIZED else None


def _array(kind: Any, dimensions: int) -> Any:
    if isinstance(kind, OtherType):
        return OtherType(kind.name, kind.schema, f"{kind.tail}[]")
    return postgresql.ARRAY(kind, dimensions=dimensions if dimensions > 1 else None)


def _sizes(name: str, sizes: list[int]) -> str:
    """Return the sizes as SQL writes them, without the mask of an interval's fields."""
    if name == "interval":
        sizes = sizes[1:]
    return f"({', '.join(map(str, sizes))})" if sizes else ""
