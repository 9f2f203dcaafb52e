"""The steps that build an index on a partitioned table, partition by partition.

https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.catalog import index as catalog
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, derived
from alembic_zdt.operations.indexes.index_build import build_steps, name_is_free
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.server_facts import (
    Partition,
    TableFacts,
)
from alembic_zdt.steps import (
    RelationLock,
    SkipCondition,
    Step,
)


def partitioned_steps(
    spec: IndexSpec,
    facts: TableFacts,
    canonical: str | None,
    *,
    by_name: bool,
    compares: bool,
) -> Iterator[Step]:
    """Yield the steps for a partitioned table, the parent's index first.

    Args:
        spec: the index.
        facts: the facts of the table.
        canonical: the server's spelling of the definition, when known.
        by_name: whether the name was free when the server was asked, so that its
            definition is not compared.
        compares: whether an index of a partition must have this definition, too.  A
            script leaves that to ``ATTACH PARTITION``, which refuses another one.
    """
    yield _on_only(spec, canonical, None, by_name=by_name)
    for part in facts.partitions:
        parent_index = _part_name(spec, part.parent)
        name = _part_name(spec, part.name)
        there = catalog.has_attached(part.name, part.parent, parent_index)
        of_part, schema = spec.on(part.name, name), part.name.schema
        alike = _is_like_whole(of_part, spec) if compares else ""
        if part.is_leaf:
            yield from build_steps(of_part, None, schema, done=there, alike=alike)
        else:
            yield _on_only(of_part, None, there, alike=alike)
    for part in reversed(facts.partitions):
        names = _part_name(spec, part.name), _part_name(spec, part.parent)
        yield _attach(part, *names, facts)


def _is_like_whole(part: IndexSpec, whole: IndexSpec) -> str:
    return catalog.is_like(*(str(part.name), part.table, str(whole.name), whole.table))


def parts_left(
    spec: IndexSpec, facts: TableFacts, canonical: str
) -> Iterator[tuple[QualifiedName, str, str]]:
    """Yield partitions, their index, and SQL that is true if it is not attached yet."""
    for part in facts.partitions:
        name = _part_name(spec, part.name)
        whole = str(spec.name), spec.table, canonical
        yield part.name, name, catalog.is_loose_part(name, part.name, *whole)


def _part_name(spec: IndexSpec, table: QualifiedName) -> str:
    name = str(spec.name)
    return name if table == spec.table else derived(name, table.name)


def _on_only(
    spec: IndexSpec,
    canonical: str | None,
    done: str | None,
    *,
    by_name: bool = False,
    alike: str = "",
) -> Step:
    name, extra = str(spec.name), catalog.alone(spec.tablespace)
    if alike:
        extra = f"{extra} AND {alike}"
    there = catalog.exists(name, spec.table, canonical, extra)
    return Step(
        purpose=f'create index "{name}" of the partitioned table, without partitions',
        statements=(spec.create(concurrently=False, only=True),),
        locks=(RelationLock(LockMode.SHARE, spec.table, only=True),),
        skip_if=SkipCondition(
            f"({there} OR {done})" if done else there,
            f'index "{name}" is there, and has this definition',
            by_name=by_name,
        ),
        preconditions=(name_is_free(spec, canonical),),
    )


def _attach(part: Partition, index: str, parent_index: str, facts: TableFacts) -> Step:
    child = QualifiedName(index, part.name.schema)
    parent = QualifiedName(parent_index, part.parent.schema or facts.schema)
    return Step(
        purpose=f'attach index "{index}" to "{parent_index}"',
        statements=(f"ALTER INDEX {parent.sql} ATTACH PARTITION {child.sql}",),
        locks=(
            # Stops autovacuum, which would lock the partition's indexes.
            RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, part.name, only=True),
            RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, parent, kind="index"),
            RelationLock(LockMode.ACCESS_EXCLUSIVE, child, kind="index"),
        ),
        skip_if=SkipCondition(
            catalog.has_attached(part.name, part.parent, parent_index),
            f'an index of "{part.name.label}" is attached to "{parent_index}"',
        ),
    )
