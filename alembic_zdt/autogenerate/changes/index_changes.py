"""Indexes, created before the deploy and dropped after it."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from alembic_zdt.autogenerate.changes.change import DUPLICATES, Change, relation
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.operations.indexes.concurrent_index import (
    CreateIndexConcurrentlyOp,
    DropIndexConcurrentlyOp,
)
from alembic_zdt.operations.indexes.replace_index import ReplaceIndexConcurrentlyOp
from alembic_zdt.phases import Phase


def created(op: ops.CreateIndexOp, _around: SchemaContext) -> Iterator[Change]:
    """Yield the change that creates an index."""
    safe = CreateIndexConcurrentlyOp.from_stock(op)
    name = relation(safe.spec.table, safe.name)
    notes = (DUPLICATES,) if safe.spec.unique else ()
    yield Change(
        safe, (safe.reverse(),), Phase.EXPAND, notes=notes, takes=frozenset({name})
    )


def dropped(op: ops.DropIndexOp, _around: SchemaContext) -> Iterator[Change]:
    """Yield the change that drops an index."""
    safe = DropIndexConcurrentlyOp.from_stock(op)
    name = relation(safe.index, safe.index.name)
    yield Change(safe, (safe.reverse(),), Phase.CONTRACT, frees=frozenset({name}))


def replaced(
    drop: ops.DropIndexOp, create: ops.CreateIndexOp, _around: SchemaContext
) -> Iterator[Change]:
    """Yield the changes that give an index another definition under the same name."""
    new = CreateIndexConcurrentlyOp.from_stock(create)
    old = DropIndexConcurrentlyOp.from_stock(drop).reverse()
    safe = ReplaceIndexConcurrentlyOp(
        new.spec, replaced=ReplaceIndexConcurrentlyOp(old.spec)
    )
    # Old code may use ON CONFLICT with the old unique index.
    phase = Phase.CONTRACT if old.spec.unique else Phase.EXPAND
    yield Change(safe, (safe.reverse(),), phase)
