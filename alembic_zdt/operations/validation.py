"""``VALIDATE CONSTRAINT``, shared by every two-phase constraint.

It reads the whole table under SHARE UPDATE EXCLUSIVE, which blocks neither reads nor
writes.  A partitioned table is validated leaf by leaf, so that an interruption costs
one leaf, and at last as a whole, which finds nothing left to read.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from alembic_zdt.catalog import constraint as catalog
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.server_facts import Server, TableFacts
from alembic_zdt.steps import (
    Diagnostics,
    Explanation,
    RelationLock,
    SkipCondition,
    Step,
    Transaction,
    Watch,
)

LOOK_SECONDS = 5.0
"""How long to look for offending rows before the work begins."""

MOST_COUNTED = 10_001
"""Offending rows are counted up to here."""


def validation_steps(
    constraint: str,
    table: QualifiedName,
    facts: TableFacts,
    *,
    done: str = "",
    also: tuple[RelationLock, ...] = (),
    explain: Mapping[str, Explanation] | None = None,
    on_failure: Callable[[Server, Diagnostics], Sequence[Step]] | None = None,
) -> list[Step]:
    """Validate *constraint* on every leaf, then on the table itself.

    Args:
        constraint: its name.
        table: the table.
        facts: whether it has leaves.
        done: another condition under which there is nothing to validate.
        also: locks on other relations that validating takes.
        explain: the caller's words for what the server may say.
        on_failure: the steps to take back what cannot be validated.
    """

    def step(target: QualifiedName, validated: str, *, tree: bool) -> Step:
        skip_if = f"({validated} OR {done})" if done else validated
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        return Step(
            purpose=f'validate constraint "{constraint}" on "{target.words}"',
            statements=(
                f"ALTER TABLE {target.sql} VALIDATE CONSTRAINT {quote(constraint)}",
            ),
            locks=(RelationLock(mode, target, tree=tree), *also),
            skip_if=SkipCondition(
                skip_if, f'constraint "{constraint}" is validated there'
            ),
            transaction=Transaction.AUTOCOMMIT,
            # A foreign key is proven by reading both ends of it.
            scans=() if tree else (target.sql, *(lock.relation for lock in also)),
            watch=Watch.SCAN,
            explain=explain or {},
            on_failure=on_failure,
        )

    leaves = [
        step(leaf, _nothing_to_do(constraint, leaf), tree=False)
        for leaf in facts.leaves
    ]
    whole = step(
        table, catalog.is_validated(constraint, table), tree=facts.is_partitioned
    )
    return [*leaves, whole]


def _nothing_to_do(constraint: str, leaf: QualifiedName) -> str:
    return f"(NOT {catalog.exists(constraint, leaf, 'NOT k.convalidated')})"
