"""Convert SQLAlchemy's constructs to operations, without the SQL parser.

``metadata.create_all()``, ``update()`` and ``delete()`` send such constructs.
https://docs.sqlalchemy.org/en/20/core/ddl.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic.operations import ops
from sqlalchemy import schema
from sqlalchemy.dialects.postgresql import CreateEnumType, DropEnumType
from sqlalchemy.sql.dml import Delete, Insert, Update, UpdateBase
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.selectable import Alias, SelectBase
from sqlalchemy.sql.visitors import iterate

from alembic_zdt.checks.sql.effects import ChangeRows, NoHarm
from alembic_zdt.names import QualifiedName


def acts_of(construct: Any) -> tuple[Any, ...] | None:
    """Return the operations of a construct, None if its SQL must be read."""
    if isinstance(construct, SelectBase) and not _only_reads(construct):
        return None
    for kind, describe in _KNOWN.items():
        if isinstance(construct, kind):
            return (describe(construct),)
    return None


def _only_reads(construct: Any) -> bool:
    """Check whether a construct only reads, and contains no text."""
    return not any(
        isinstance(each, UpdateBase | TextClause) for each in iterate(construct)
    )


def _of(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda construct: make(construct.element)


def _changed(verb: str) -> Callable[[Any], Any]:
    return lambda construct: ChangeRows(_name(construct.table), verb)


def _inserted(construct: Any) -> Any:
    if construct.select is None:
        return NoHarm("INSERT ... VALUES")
    return ChangeRows(_name(construct.table), "INSERT ... SELECT")


def _name(table: Any) -> QualifiedName:
    if isinstance(table, Alias):
        table = table.element
    return QualifiedName(str(table.name), getattr(table, "schema", None))


def _harmless(construct: Any) -> Any:
    return NoHarm(type(construct).__name__)


_KNOWN: dict[Any, Callable[[Any], Any]] = {
    schema.CreateTable: _of(ops.CreateTableOp.from_table),
    schema.DropTable: _of(ops.DropTableOp.from_table),
    schema.CreateIndex: _of(ops.CreateIndexOp.from_index),
    schema.DropIndex: _of(ops.DropIndexOp.from_index),
    schema.AddConstraint: _of(ops.AddConstraintOp.from_constraint),
    schema.DropConstraint: _of(ops.DropConstraintOp.from_constraint),
    Update: _changed("UPDATE"),
    Delete: _changed("DELETE"),
    Insert: _inserted,
    SelectBase: _harmless,
    CreateEnumType: _harmless,
    DropEnumType: _harmless,
    schema.CreateSchema: _harmless,
    schema.CreateSequence: _harmless,
    schema.SetColumnComment: _harmless,
    schema.SetTableComment: _harmless,
}
