"""The steps that build an index, on a table or partition by partition.

Every directive that needs an index shares them.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import index as catalog
from alembic_zdt.errors import (
    WrongObjectTypeError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.indexes.index_build import build_steps
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.operations.indexes.partitioned_index import partitioned_steps
from alembic_zdt.server_facts import (
    PROBE,
    CanonicalIndex,
    Server,
    TableFacts,
)
from alembic_zdt.steps import (
    Precondition,
    RelationLock,
    Row,
    SkipCondition,
    Step,
    Transaction,
    Watch,
)


def canonical_question(spec: IndexSpec) -> CanonicalIndex:
    """Return the question for the server's spelling of *spec*, if its name is taken."""
    probe = spec.on(PROBE, str(spec.name)).create(concurrently=False)
    return CanonicalIndex(spec.table, str(spec.name), probe)


def index_steps(spec: IndexSpec, server: Server) -> list[Step]:
    """Return the steps after which the index of *spec* exists and is valid."""
    canonical = server.answer(canonical_question(spec))
    facts = server.table(spec.table)
    steps = steps_of_index(
        spec, canonical, facts, by_name=canonical is None, compares=server.online
    )
    if spec.plain_columns is None:
        steps.append(analyze(spec))
    return steps


def steps_of_index(
    spec: IndexSpec,
    canonical: str | None,
    facts: TableFacts,
    *,
    by_name: bool = False,
    compares: bool = False,
) -> list[Step]:
    """Return the steps of :func:`index_steps` that come before the statistics.

    Args:
        spec: the index.
        canonical: the server's spelling of the definition, when known.
        facts: the facts of the table.
        by_name: whether the name was free when the server was asked, so that its
            definition is not compared.
        compares: whether an index of a partition must have this definition, too.
    """
    if facts.is_partitioned:
        return list(
            partitioned_steps(
                spec, facts, canonical, by_name=by_name, compares=compares
            )
        )
    return build_steps(spec, canonical, facts.schema, by_name=by_name)


def analyze(spec: IndexSpec) -> Step:
    """Build the step that gathers the planner's statistics for expressions."""
    return Step(
        purpose=f'gather statistics for the expressions of index "{spec.name}"',
        statements=(f"ANALYZE {spec.table.sql}",),
        locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, spec.table),),
        skip_if=SkipCondition(
            catalog.has_statistics(spec.table, str(spec.name)),
            "there are statistics for them",
        ),
        transaction=Transaction.AUTOCOMMIT,
        watch=Watch.SCAN,
    )


def is_meant(index: QualifiedName, table: QualifiedName | None) -> Precondition:
    """Refuse the index of another table, and a relation that is not an index."""

    def other(rows: Sequence[Row]) -> ZdtError:
        wanted = f"an index of {table.label}" if table else "an index"
        return WrongObjectTypeError(
            f'"{index.label}" is another object than the one to drop',
            detail=f"There is {rows[0][0]}. Wanted: {wanted}.",
            hint="Correct the name of the index or of its table.",
            index=index.label,
        )

    return Precondition(catalog.not_of(index, table), other)
