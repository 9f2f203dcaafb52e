"""``VALIDATE CONSTRAINT``, shared by every two-phase constraint.

It reads the whole table under SHARE UPDATE EXCLUSIVE, which blocks neither reads nor
writes.  A partitioned table is validated leaf by leaf, so that an interruption loses
the work on one leaf only.  Finally the table itself is validated, with nothing left to
read.

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
    Work,
    WorkKind,
)

LOOK_SECONDS = 5.0
"""The longest search for rows that violate a constraint, in seconds."""

MOST_COUNTED = 10_001
"""The highest count of rows that violate a constraint."""


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
    """Return the steps that validate a constraint on every leaf, then on the table.

    Args:
        constraint: its name.
        table: the table.
        facts: the facts of the table, with its leaves.
        done: another condition under which there is nothing to validate.
        also: locks on other relations that validating takes.
        explain: functions by SQLSTATE; each returns the error in the caller's terms.
        on_failure: a function that computes the steps that undo a constraint if
            validating fails.
    """

    def step(target: QualifiedName, validated: str, *, tree: bool) -> Step:
        skip_if = f"({validated} OR {done})" if done else validated
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        return Step(
            purpose=f'validate constraint "{constraint}" on "{target.label}"',
            statements=(
                f"ALTER TABLE {target.sql} VALIDATE CONSTRAINT {quote(constraint)}",
            ),
            locks=(RelationLock(mode, target, tree=tree), *also),
            skip_if=SkipCondition(
                skip_if, f'constraint "{constraint}" is validated there'
            ),
            transaction=Transaction.AUTOCOMMIT,
            # PostgreSQL reads both tables to validate a foreign key.
            scans=() if tree else (target.sql, *(lock.relation for lock in also)),
            watch=Watch.SCAN,
            explain=explain or {},
            on_failure=on_failure,
            work=None if tree else _work(target, also),
        )

    leaves = [
        step(leaf, _nothing_to_do(constraint, leaf), tree=False)
        for leaf in facts.leaves
    ]
    whole = step(
        table, catalog.is_validated(constraint, table), tree=facts.is_partitioned
    )
    return [*leaves, whole]


def _work(table: QualifiedName, also: tuple[RelationLock, ...]) -> Work:
    if not also:
        return Work(WorkKind.CHECK, table)
    return Work(WorkKind.FOREIGN_KEY, table, other=also[0].name)


def _nothing_to_do(constraint: str, leaf: QualifiedName) -> str:
    return f"(NOT {catalog.exists(constraint, leaf, 'NOT k.convalidated')})"
