"""Convert columns in SQL to SQLAlchemy's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from alembic_zdt.checks.sql.key_options import given_name, of_foreign_key, of_unique
from alembic_zdt.checks.sql.parsing import written
from alembic_zdt.checks.sql.remainder import of_relation, remainder
from alembic_zdt.checks.sql.sql_types import can_collate, is_written, type_of
from alembic_zdt.names import QualifiedName

UNIQUE_AS_SAID = "zdt_unique"
"""In the info of a column: the name and the options of its UNIQUE."""

KEY_AS_SAID = "zdt_key"
"""In the info of a column: the name of its PRIMARY KEY."""

NOT_ENFORCED = "zdt_not_enforced"
"""In the info of a CHECK: it is not enforced."""

OF_SQL = "zdt_sql"
"""In the info of a column: it comes from SQL, so no naming convention applies."""

_SERIAL = {
    "bigserial": sa.BigInteger,
    "serial": sa.Integer,
    "serial2": sa.SmallInteger,
    "serial4": sa.Integer,
    "serial8": sa.BigInteger,
    "smallserial": sa.SmallInteger,
}
"""Types that number each existing row, as an identity does."""


def column_of(node: Any) -> sa.Column[Any]:
    """Return the column of a ``ColumnDef``."""
    parts: list[Any] = []
    named: dict[str, Any] = {}
    info: dict[str, Any] = {OF_SQL: True}
    for each in constraints_of(node):
        kind = enum_name(each, "contype")
        if kind in _PARTS:
            parts.append(_PARTS[kind](each))
        if kind in _NAMED:
            named |= _NAMED[kind](each)
        if kind in _INFO:
            info[_INFO[kind]] = _SAID[kind](each)
    serial = _SERIAL.get(node.type_name.names[-1].string.sval)
    if serial is not None:
        named["nullable"] = False
        number = (serial(), sa.Identity())
        return sa.Column(node.colname, *number, *parts, info=info, **named)
    kind = type_of(node.type_name, _collation(node))
    if not any(isinstance(part, sa.Identity) for part in parts):
        named["autoincrement"] = False  # SQLAlchemy would number an integer key
    return sa.Column(node.colname, kind, *parts, info=info, **named)


def constraints_of(node: Any) -> Iterator[Any]:
    """Yield the constraints of a column, each with the attributes after it."""
    found: list[Any] = []
    for each in node.constraints:
        kind = enum_name(each.constraint, "contype")
        field = _TIMING.get(kind)
        if kind == "CONSTR_ATTR_NOT_ENFORCED" and found:
            found[-1].is_enforced = False
        elif field is None:
            found.append(type(each.constraint)())
            found[-1].CopyFrom(each.constraint)
        elif found:
            found[-1].deferrable = True
            found[-1].initdeferred |= field == "initdeferred"
    # These hold by default.
    usual = {
        "CONSTR_ATTR_ENFORCED",
        "CONSTR_ATTR_IMMEDIATE",
        "CONSTR_ATTR_NOT_DEFERRABLE",
    }
    yield from (each for each in found if enum_name(each, "contype") not in usual)


_TIMING = {
    "CONSTR_ATTR_DEFERRABLE": "deferrable",
    "CONSTR_ATTR_DEFERRED": "initdeferred",
}


def _collation(node: Any) -> Any:
    return node.coll_clause if node.HasField("coll_clause") else None


def remainder_of_type(node: Any) -> Iterator[str]:
    """Yield the parts of the type that no revision can write."""
    kind = type_of(node.type_name)
    serial = node.type_name.names[-1].string.sval in _SERIAL
    if not serial and not is_written(kind):
        yield f"the type {kind.compile()}"
    collation = _collation(node)
    if collation is not None and not can_collate(kind, collation):
        yield "COLLATE"


def remainder_of_column(node: Any) -> Iterator[str]:
    """Yield the parts of a ``ColumnDef`` that no argument of a call can express."""
    yield from remainder_of_type(node)
    yield from remainder(node, "colname", "type_name", "constraints", "coll_clause")
    for each in constraints_of(node):
        kind = enum_name(each, "contype")
        read = _READ.get(kind)
        if read is None:
            yield kind.removeprefix("CONSTR_").removeprefix("ATTR_").replace("_", " ")
            continue
        yield from remainder_of_constraint(each, kind, *read)
        if kind == "CONSTR_IDENTITY":
            yield from _unknown_options(each)


def remainder_of_constraint(node: Any, kind: str, *read: str) -> Iterator[str]:
    """Yield the parts of a constraint that are not among the fields that were read."""
    usual = ("contype", "initially_valid", "skip_validation")
    yield from remainder(node, *usual, *read)
    if kind == "CONSTR_FOREIGN":
        yield from of_relation(node.pktable)
        if not node.pk_attrs:
            yield "REFERENCES without columns"
    if kind in {"CONSTR_CHECK", "CONSTR_FOREIGN"} and not node.is_enforced:
        yield "NOT ENFORCED"


def foreign_key_of(node: Any) -> sa.ForeignKeyConstraint:
    """Return a foreign key of a new table."""
    place = name_of(node.pktable)
    parts = (place.schema, place.name)
    table = ".".join(part for part in parts if part)
    columns = [key.string.sval for key in node.fk_attrs]
    remote = [key.string.sval for key in node.pk_attrs] or ["id"] * len(columns)
    targets = [f"{table}.{name}" for name in remote]
    return sa.ForeignKeyConstraint(columns, targets, name=given_name(node))


def check_of(node: Any) -> sa.CheckConstraint:
    """Return a CHECK of a new table or column."""
    info = {} if node.is_enforced else {NOT_ENFORCED: True}
    name = given_name(node)
    return sa.CheckConstraint(expression(node.raw_expr), name=name, info=info)


def primary_key_of(node: Any) -> sa.PrimaryKeyConstraint:
    """Return a primary key of a new table."""
    names = [key.string.sval for key in node.keys]
    return sa.PrimaryKeyConstraint(*names, name=given_name(node))


def unique_of(node: Any) -> sa.UniqueConstraint:
    """Return a unique constraint of a new table."""
    names = [key.string.sval for key in node.keys]
    return sa.UniqueConstraint(*names, name=given_name(node))


def expression(node: Any) -> sa.TextClause:
    """Return an expression in SQLAlchemy's form."""
    return sa.text(as_sa_text(written(node)))


def as_sa_text(text: str) -> str:
    """Escape the colons of SQL for ``sa.text()``."""
    return text.replace(":", r"\:")


def _computed(node: Any) -> sa.Computed:
    return sa.Computed(written(node.raw_expr), persisted=node.generated_kind != "v")


_IDENTITY = {"cache", "cycle", "increment", "maxvalue", "minvalue", "start"}


def _identity(node: Any) -> sa.Identity:
    options = {each.def_elem.defname: each.def_elem for each in node.options}
    named: dict[str, Any] = {}
    for name in _IDENTITY & set(options):
        element = options[name]
        if name == "cycle":
            named[name] = element.arg.boolean.boolval or None
        elif element.HasField("arg"):  # without one it is NO MINVALUE
            kind = element.arg.WhichOneof("node")
            value = getattr(element.arg, kind)
            named[name] = int(value.fval if kind == "float" else value.ival)
    return sa.Identity(always=node.generated_when == "a", **named)


def _unknown_options(node: Any) -> Iterator[str]:
    for each in node.options:
        if each.def_elem.defname not in _IDENTITY:
            yield each.def_elem.defname.replace("_", " ").upper()


def _foreign(node: Any) -> sa.ForeignKey:
    return sa.ForeignKey(_target(node), name=given_name(node), **of_foreign_key(node))


def _unique(node: Any) -> dict[str, Any]:
    return of_unique(node) | ({"name": given_name(node)} if node.conname else {})


_PARTS: dict[str, Callable[[Any], Any]] = {
    "CONSTR_CHECK": check_of,
    "CONSTR_FOREIGN": _foreign,
    "CONSTR_GENERATED": _computed,
    "CONSTR_IDENTITY": _identity,
}
_NAMED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "CONSTR_DEFAULT": lambda c: {"server_default": expression(c.raw_expr)},
    "CONSTR_IDENTITY": lambda _: {"nullable": False},
    "CONSTR_NOTNULL": lambda _: {"nullable": False},
    "CONSTR_PRIMARY": lambda _: {"primary_key": True},
    "CONSTR_UNIQUE": lambda _: {"unique": True},
}
_INFO = {"CONSTR_PRIMARY": KEY_AS_SAID, "CONSTR_UNIQUE": UNIQUE_AS_SAID}
_SAID: dict[str, Callable[[Any], Any]] = {
    "CONSTR_PRIMARY": given_name,
    "CONSTR_UNIQUE": _unique,
}
UNIQUE_FIELDS = (
    "conname",
    "deferrable",
    "including",
    "indexspace",
    "initdeferred",
    "keys",
    "nulls_not_distinct",
    "options",
)
FOREIGN_KEY_FIELDS = (
    "conname",
    "deferrable",
    "fk_attrs",
    "fk_del_action",
    "fk_del_set_cols",
    "fk_matchtype",
    "fk_upd_action",
    "initdeferred",
    "pk_attrs",
    "pktable",
)
_READ: dict[str, tuple[str, ...]] = {
    "CONSTR_CHECK": ("conname", "raw_expr"),
    "CONSTR_DEFAULT": ("conname", "raw_expr"),
    "CONSTR_FOREIGN": FOREIGN_KEY_FIELDS,
    "CONSTR_GENERATED": (
        "conname",
        "generated_kind",
        "generated_when",
        "raw_expr",
    ),
    "CONSTR_IDENTITY": ("conname", "generated_when", "options"),
    "CONSTR_NOTNULL": (),
    "CONSTR_NULL": ("conname",),
    "CONSTR_PRIMARY": ("conname",),
    "CONSTR_UNIQUE": UNIQUE_FIELDS,
}
"""The fields of each kind that a call can express, or that have no effect, such as the
name of a default.
"""


def _target(node: Any) -> str:
    place = name_of(node.pktable)
    column = node.pk_attrs[0].string.sval if node.pk_attrs else "id"
    return ".".join(part for part in (place.schema, place.name, column) if part)


def name_of(relation: Any) -> QualifiedName:
    """Return the name of a ``RangeVar``."""
    return QualifiedName(relation.relname, relation.schemaname or None)


def name_in(items: Any) -> QualifiedName:
    """Return the name in the last one or two nodes."""
    names = [item.string.sval for item in items]
    schema, name = ([None, *names])[-2:]
    return QualifiedName(str(name), schema)


def enum_name(message: Any, field: str) -> str:
    """Return the grammar's name for the value of a field."""
    kind = type(message).DESCRIPTOR.fields_by_name[field].enum_type
    return str(kind.values_by_number[getattr(message, field)].name)
