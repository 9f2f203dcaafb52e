"""Whether the tables hold what the applications have written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.stress.applications import Ledger, Table, Written
from tests.stress.plans import Plan
from tests.support.db import Db

# How long an application may wait.  A lock takes 200 ms at most by default.
BOUND = 2.0
SHOWN = 5


class FaultError(Exception):
    """What a round found."""


def new_ledger(plan: Plan) -> Ledger:
    """Return a ledger that holds the first rows."""
    ledger = Ledger()
    for table in plan.tables:
        for n in range(1, plan.rows + 1):
            ledger.rows[table.names[0], n] = {
                field: Written(-1, field.starts(n), None) for field in table.fields
            }
    return ledger


def judge(db: Db, plan: Plan, ledger: Ledger, versions: tuple[str, ...]) -> None:
    """Compare the rows with the ledger, as each version reads them.

    Raises:
        FaultError: a row was lost or changed, an application got an error, or a trigger
            did not fire.
    """
    found = [*ledger.errors]
    for table in plan.tables:
        for version in versions:
            if table.name(version):
                found += _of_table(db, plan, ledger, table, version)
    found += _of_audit(db, plan, ledger)
    if found:
        more = f"\n... and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise FaultError("\n".join(found[:SHOWN]) + more)


def judge_waits(ledger: Ledger) -> None:
    """Compare the longest wait with the bound.

    Raises:
        FaultError: an application waited longer.
    """
    seconds, statement = ledger.longest
    if seconds > BOUND + ledger.lag:
        msg = f"an application waited {seconds:.2f} s for {statement}"
        raise FaultError(msg)


def _of_table(
    db: Db, plan: Plan, ledger: Ledger, table: Table, version: str
) -> Iterator[str]:
    name = table.name(version)
    sides = table.sides(version)
    columns = "".join(f", {side.read.format(side.column)}" for _, side in sides)
    rows = {
        row[0]: row[1:] for row in db.rows(f"SELECT id, version{columns} FROM {name}")
    }
    keys = {id_ for table_, id_ in ledger.rows if table_ == table.names[0]}
    keys -= {id_ for table_, id_ in ledger.deleted if table_ == table.names[0]}
    yield from (f"row {id_} of {name} was lost" for id_ in sorted(keys - set(rows)))
    yield from (f"row {id_} of {name} is nobody's" for id_ in set(rows) - keys)
    for id_ in sorted(keys & set(rows)):
        counted, *values = rows[id_]
        written = ledger.rows[table.names[0], id_]
        for (field, side), value in zip(sides, values, strict=True):
            last = written.get(field)
            if last and value not in _allowed(last, field, side, id_):
                yield (
                    f"{version} code reads {value!r} in {side.column} of row {id_} of"
                    f" {name}: last written was {last.number} as"
                    f" {last.side.column if last.side else 'one of the first rows'}"
                )
        updates = ledger.updates[table.names[0], id_]
        if "version" in plan.triggers and counted < updates:
            yield (
                f"the trigger of {name} saw {counted} of {updates} updates of row {id_}"
            )


def _allowed(last: Written, field: Any, side: Any, id_: int) -> list[Any]:
    if last.number is None:
        return [None, field.filled(id_)]
    return [field.reads(side, last.side, last.number)]


def _of_audit(db: Db, plan: Plan, ledger: Ledger) -> Iterator[str]:
    if "audit" not in plan.triggers:
        return
    seen = dict(db.rows("SELECT who, count(*) FROM audit GROUP BY 1"))
    for name, count in ledger.statements.items():
        if seen.get(name, 0) != count:
            yield (
                f"the audit trigger saw {seen.get(name, 0)} of {count} writes of {name}"
            )
