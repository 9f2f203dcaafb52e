"""Sequences of the models, and domains of new columns, which Alembic does not create.

https://www.postgresql.org/docs/current/sql-createsequence.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import renderers
from alembic.operations.ops import (
    AddColumnOp,
    ExecuteSQLOp,
    MigrateOperation,
    ModifyTableOps,
    UpgradeOps,
)
from sqlalchemy import Sequence
from sqlalchemy.dialects.postgresql import DOMAIN, CreateDomainType
from sqlalchemy.schema import CreateSequence

from alembic_zdt.autogenerate.found.sequence_options import is_included, sequences_of
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.operations.calls.sql_text import DIALECT

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


class FoundObject(MigrateOperation):
    """A sequence or a domain to create, with the statements of both directions.

    Args:
        kind: ``sequence`` or ``domain``.
        name: its name.
        statements: the statements that create the object and drop it.
        is_created: True to create the object, False to drop it.
    """

    def __init__(
        self,
        kind: str,
        name: QualifiedName,
        statements: tuple[str, str],
        *,
        is_created: bool = True,
    ) -> None:
        self.kind, self.name, self.statements = kind, name, statements
        self.is_created = is_created

    @property
    def create(self) -> ExecuteSQLOp:
        """Return the operation that creates the object."""
        return ExecuteSQLOp(self.statements[0])

    @property
    def drop(self) -> ExecuteSQLOp:
        """Return the operation that drops the object."""
        return ExecuteSQLOp(self.statements[1])

    def reverse(self) -> FoundObject:
        """Return the operation in the opposite direction."""
        args = (self.kind, self.name, self.statements)
        return FoundObject(*args, is_created=not self.is_created)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the difference in the form that Alembic's operations have."""
        word = "add" if self.is_created else "remove"
        return (f"{word}_{self.kind}", self.name.schema, self.name.name)


@renderers.dispatch_for(FoundObject)
def _render(context: AutogenContext, found: FoundObject) -> str:
    op = found.create if found.is_created else found.drop
    return str(renderers.dispatch(op)(context, op))


def missing_objects(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> Iterator[FoundObject]:
    """Yield the sequences of the models and the domains that the database lacks."""
    connection = context.connection
    found = {each.name: each for each in _needed(upgrade_ops.ops)}
    found |= {
        name: _sequence(each)
        for name, each in sequences_of(context).items()
        if is_included(context, each)
    }
    if connection is None or not found:
        return
    database = Database(connection)
    for name, each in found.items():
        by_name = "to_regclass" if each.kind == "sequence" else "to_regtype"
        if not database.holds(f"pg_catalog.{by_name}({literal(name.sql)}) IS NOT NULL"):
            yield each


def _needed(operations: Iterable[Any]) -> Iterator[FoundObject]:
    """Yield the domains of new columns; SQLAlchemy creates those of new tables."""
    for op in operations:
        if isinstance(op, ModifyTableOps):
            yield from _needed(op.ops)
            continue
        type_ = op.column.type if isinstance(op, AddColumnOp) else None
        if isinstance(type_, DOMAIN) and type_.create_type:
            yield _domain(type_)


def _sequence(sequence: Sequence) -> FoundObject:
    name = QualifiedName(str(sequence.name), _schema_of(sequence))
    create = str(CreateSequence(sequence, if_not_exists=True).compile(dialect=DIALECT))
    return FoundObject(
        "sequence", name, (create, f"DROP SEQUENCE IF EXISTS {name.sql}")
    )


def _domain(domain: DOMAIN) -> FoundObject:
    name = QualifiedName(str(domain.name), domain.schema)
    create = str(CreateDomainType(domain).compile(dialect=DIALECT))
    return FoundObject("domain", name, (create, f"DROP DOMAIN IF EXISTS {name.sql}"))


def _schema_of(item: Any) -> str | None:
    return None if item.schema is None else str(item.schema)
