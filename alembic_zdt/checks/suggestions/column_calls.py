"""Safe calls for a new column: the column alone, then its index and constraints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint, Column, ForeignKey, Identity

from alembic_zdt.checks.default_names import (
    is_unnamed,
    of_postgresql,
    with_its_name,
)
from alembic_zdt.checks.sql.columns import KEY_AS_SAID, OF_SQL, UNIQUE_AS_SAID
from alembic_zdt.checks.sql.key_options import NameInSql
from alembic_zdt.checks.suggestions.phased_calls import (
    NoCallError,
    PhasedCall,
    as_autogenerate,
    made,
)
from alembic_zdt.operations.stock import has_default, is_serial

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def lost_in_column(op: ops.AddColumnOp) -> Iterator[str]:
    """Yield the parts of a new column that no directive has an argument for."""
    column = op.column
    if _makes_key(op) and not (has_default(column) or is_serial(column)):
        yield "PRIMARY KEY of a column without values"


def _makes_key(op: ops.AddColumnOp) -> bool:
    """Check whether a new column becomes the primary key, which Alembic leaves out."""
    is_written = op.column.info.get(OF_SQL) or getattr(op, "inline_primary_key", None)
    return bool(op.column.primary_key and is_written)


def added_column(
    op: ops.AddColumnOp, migration: MigrationContext | None
) -> Iterator[PhasedCall]:
    """Yield the call for the column alone, then those for its index and constraints."""
    alone = _numbered(op) if is_serial(op.column) else op
    own = list(as_autogenerate(alone))
    if not own:
        return
    yield from own
    first = own[0][0]
    for each in _made_with(op):
        if op.column.info.get(OF_SQL) and is_unnamed(each):
            each.constraint_name = _named_in_sql(each)
        named = with_its_name(each, migration)
        if is_unnamed(named):
            msg = "the constraint needs a name"
            raise NoCallError(msg)
        for phase, call in made(named):
            yield max(phase, first), call


def _named_in_sql(operation: Any) -> NameInSql | None:
    name = of_postgresql(operation)
    return None if name is None else NameInSql(name)


def _numbered(op: ops.AddColumnOp) -> ops.AddColumnOp:
    """Return the operation with an identity column in place of SERIAL."""
    old = op.column
    column: Column[Any] = Column(
        old.name, old.type, Identity(), nullable=False, comment=old.comment
    )
    return ops.AddColumnOp(op.table_name, column, schema=op.schema)


def _made_with(op: ops.AddColumnOp) -> Iterator[Any]:
    """Yield the operations for the index and the constraints of the column."""
    column, table = op.column, op.table_name
    where: dict[str, Any] = {"schema": op.schema or None}
    names = [str(column.name)]
    if _makes_key(op):
        name = column.info.get(KEY_AS_SAID)
        yield ops.CreatePrimaryKeyOp(name, table, names, **where)
    if column.index:  # SQLAlchemy makes one unique index of both
        unique = bool(column.unique)
        yield ops.CreateIndexOp(None, table, names, unique=unique, **where)
    elif column.unique:
        said: dict[str, Any] = {"name": None} | column.info.get(UNIQUE_AS_SAID, {})
        name = said.pop("name")
        yield ops.CreateUniqueConstraintOp(name, table, names, **where, **said)
    for check in column.constraints:
        if isinstance(check, CheckConstraint):
            yield ops.CreateCheckConstraintOp(
                _given(check), table, check.sqltext, **where
            )
    for key in column.foreign_keys:
        yield _foreign_key(op, key)


def _given(constraint: Any) -> Any:
    """Return the name that the caller gave to a constraint, if any."""
    return constraint.name if isinstance(constraint.name, str) else None


def _foreign_key(op: ops.AddColumnOp, key: ForeignKey) -> ops.CreateForeignKeyOp:
    target, _, remote = key.target_fullname.rpartition(".")
    schema, _, referent = target.rpartition(".")
    where = {"source_schema": op.schema or None, "referent_schema": schema or None}
    options = {name: getattr(key, name) for name in _OF_FOREIGN_KEY}
    columns = [str(op.column.name)]
    return ops.CreateForeignKeyOp(
        _given(key), op.table_name, referent, columns, [remote], **where, **options
    )


_OF_FOREIGN_KEY = ("onupdate", "ondelete", "deferrable", "initially", "match")
