"""Refuse a step that cannot change all partitions within the bound, before it begins.

PostgreSQL locks the whole tree for a change of its root, and changes one partition
after the other under those locks.  It does so even where every partition has the
constraint already.  This module measures on a temporary tree how long that takes, and
computes from the server's settings how many locks fit into its memory.

https://www.postgresql.org/docs/current/runtime-config-locks.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy.exc import DBAPIError

from alembic_zdt.catalog import partition
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import PreconditionError, StatementTimeoutError
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.server_facts import Server, TableQuestion
from alembic_zdt.settings import Settings, seconds
from alembic_zdt.steps import RelationLock, Step, Transaction

FEW = 20
"""With fewer partitions a step fits into any bound, so nothing is measured."""

_COST = "zdt.partition_cost"
_TRIED = 20
# How many times longer a permanent table takes than a temporary one.  Measured on 18
# with 200 and 1,000 partitions: 3.0 to 5.0.
_OF_PERMANENT = 4.0
# Assumed seconds for each partition where nothing can be measured.
_USUAL = 0.0002
# A statement's time for one partition as a multiple of ADD CHECK's.  Measured on 18
# with 1,000 partitions.
_WEIGHTS = (
    (" FOREIGN KEY", 9.0),
    (" ADD COLUMN ", 2.2),
    (" SET NOT NULL", 0.5),
    (" NOT NULL ", 0.65),
    (" RENAME ", 0.4),
)
_OF_NEW_FOREIGN_KEY = 1.8
# Statements whose time does not grow with the number of partitions.
_ONCE = ("CREATE FUNCTION", "DROP FUNCTION", "GRANT ", "COMMENT ", "DO ")
# The bound ends a try in time, so only a step that is clearly too long is refused
# without a try.  The estimate of several statements was up to 8 times as long as they
# took with 300 partitions.
_CLEARLY = 4.0
# Entries in the lock table: one for a table, one for a constraint or trigger of it.
_ENTRIES = 2


def counted(steps: Iterable[Step], server: Server, database: Database) -> list[Step]:
    """Return the steps with the number of partitions in each of their locks."""

    def of(step: Step) -> Step:
        if not any(lock.tree for lock in step.locks):
            return step
        locks = (_with_partitions(lock, server, database) for lock in step.locks)
        return replace(step, locks=tuple(locks))

    return [of(step) for step in steps]


def _with_partitions(
    lock: RelationLock, server: Server, database: Database
) -> RelationLock:
    if not lock.tree or lock.kind != "table" or lock.found_by:
        return lock
    facts = server.answer(TableQuestion(lock.name))
    if facts is not None:
        return replace(lock, partitions=len(facts.partitions))
    tree = partition.tree(lock.name)
    found = database.value(f"{tree} SELECT pg_catalog.count(*) - 1 FROM tree")
    return replace(lock, partitions=int(found))


def refuse_too_many(
    steps: Sequence[Step], database: Database, settings: Settings
) -> None:
    """Refuse a step that takes more locks, or more time, than the settings allow.

    Raises:
        PreconditionError: the server has no memory for so many locks.
        StatementTimeoutError: the step would take longer than ``lock_timeout``.
    """
    wide = [step for step in steps if _is_wide(step)]
    wide = [step for step in wide if not database.holds(step.skip_if.done)]
    if not wide:
        return
    cost = _cost(database)
    for step in wide:
        _refuse_beyond_memory(step, database)
        expected = cost * _relations(step) * sum(map(_weight, step.statements))
        if expected > _CLEARLY * settings.lock_timeout.total_seconds():
            raise _too_long(step, expected, settings)


def _is_wide(step: Step) -> bool:
    stalls = any(lock.mode.stalls_application for lock in step.locks)
    is_short = step.transaction is Transaction.SHORT
    return is_short and stalls and max(_partitions(step), default=0) >= FEW


def _partitions(step: Step) -> Iterator[int]:
    return (lock.partitions for lock in step.locks if lock.mode.stalls_application)


def _relations(step: Step) -> int:
    return sum(number + 1 for number in _partitions(step) if number)


def _weight(statement: str) -> float:
    if statement.startswith(_ONCE):
        return 0.0
    for words, weight in _WEIGHTS:
        if words in statement:
            is_new = words == " FOREIGN KEY" and statement.endswith("NOT VALID")
            return _OF_NEW_FOREIGN_KEY if is_new else weight
    return 1.0


def _cost(database: Database) -> float:
    """Return the seconds that a change of one partition takes on this server now."""
    try:
        database.execute(_measuring())
    except DBAPIError as error:
        if driver_errors.ends_run(error):
            raise
        return _USUAL
    found = database.value(f"SELECT pg_catalog.current_setting('{_COST}', true)")
    return _OF_PERMANENT * float(found) if found else _USUAL


def _measuring() -> str:
    """Build SQL that changes a temporary tree three times and rolls it back."""
    leaf = (
        "EXECUTE pg_catalog.format('CREATE TEMPORARY TABLE zdt_leaf_%s PARTITION OF"
        " pg_temp.zdt_tree FOR VALUES IN (%s)', i, i);"
    )
    change = (
        "EXECUTE pg_catalog.format('ALTER TABLE pg_temp.zdt_tree ADD CONSTRAINT"
        " zdt_check_%s CHECK (a IS NOT NULL) NOT VALID', i);"
    )
    now = "extract(epoch FROM pg_catalog.clock_timestamp())"
    return do_block(
        [
            "BEGIN",
            "  CREATE TEMPORARY TABLE zdt_tree (a int) PARTITION BY LIST (a);",
            f"  FOR i IN 1 .. {_TRIED} LOOP {leaf} END LOOP;",
            "  FOR i IN 1 .. 3 LOOP",
            f"    began := {now};",
            f"    {change}",
            qualified(f"    took := least(took, {now} - began);"),
            "  END LOOP;",
            "  RAISE EXCEPTION 'take it back' USING ERRCODE = 'ZDT01';",
            "EXCEPTION WHEN SQLSTATE 'ZDT01' THEN NULL;",
            "END;",
            qualified(
                f"PERFORM pg_catalog.set_config('{_COST}',"
                f" (took / {_TRIED + 1})::text, false);"
            ),
        ],
        ("began numeric", "took numeric := 'infinity'"),
    )


def _refuse_beyond_memory(step: Step, database: Database) -> None:
    wanted = _ENTRIES * _relations(step)
    free = int(
        database.value(
            "SELECT pg_catalog.current_setting('max_locks_per_transaction')::int"
            " * (pg_catalog.current_setting('max_connections')::int"
            " + pg_catalog.current_setting('max_prepared_transactions')::int)"
            " - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l"
            " WHERE NOT l.fastpath)"
        )
    )
    if wanted <= free:
        return
    raise PreconditionError(
        f"cannot {step.purpose}: the server has no memory for so many locks",
        detail=f"The step takes up to {wanted:,} locks for {_relations(step):,} tables "
        f"in one transaction; there is room for {max(free, 0):,}.",
        hint="Raise max_locks_per_transaction, restart the server, then run the same "
        "command again.",
    )


def _too_long(step: Step, expected: float, settings: Settings) -> StatementTimeoutError:
    bound, higher = seconds(settings.lock_timeout), enough(expected)
    return StatementTimeoutError(
        f"cannot {step.purpose}: it would take longer than {bound}",
        detail=f"The step needs {' and '.join(map(str, step.locks))}. It changes "
        f"{_relations(step):,} tables, one after the other, which blocks {step.blocks} "
        f"for about {expected:.2g} s.",
        hint=(
            f'Raise the bound for this run with "-x zdt.lock_timeout={higher}" if '
            "the application can wait that long, or merge old partitions first; then "
            "run the same command again."
        ),
        seconds=expected,
    )


def enough(expected: float) -> str:
    """Return a bound with room for a step that takes *expected* seconds."""
    return f"{math.ceil(2 * expected)}s"
