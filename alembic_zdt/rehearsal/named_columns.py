"""The columns that the code which runs during a revision names.

Old code names the columns that were there before the range, new code those that the
contract leaves.  Old code runs from the expand on, new code from the migrate on, and
during a contract only new code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase, phase_of
from alembic_zdt.rehearsal.table_shape import shapes

Columns = Mapping[QualifiedName, frozenset[str]]
Codes = Mapping[str, Columns]
OLD, NEW = "old", "new"


def columns_in(connection: Connection) -> Columns:
    """Return the names of the columns of each table."""
    return {
        table.name: frozenset(column.name for column in table.columns)
        for table in shapes(Database(connection)).values()
    }


def on_the_way_up(
    revisions: Sequence[Any], columns: Sequence[Columns]
) -> Iterator[Codes]:
    """Yield the columns that each code names, for each upgrade.

    Args:
        revisions: the revisions of the range.
        columns: the columns before the first one, and after each of them.
    """
    for place, stage in enumerate(_stages(revisions)):
        yield stage.codes(columns, place, place + 1)


def on_the_way_down(
    revisions: Sequence[Any], columns: Sequence[Columns]
) -> Iterator[Codes]:
    """Yield the columns for each downgrade, the last revision first."""
    for place, stage in reversed([*enumerate(_stages(revisions))]):
        yield stage.codes(columns, place + 1, place)


@dataclass(frozen=True)
class _Stage:
    """A revision between the beginning of its change and the end of its contract.

    Attributes:
        phase: its phase.
        first: the place of the columns that old code names.
        last: the place of those that new code names, None without a contract.
    """

    phase: Phase
    first: int
    last: int | None

    def codes(self, columns: Sequence[Columns], place: int, other: int) -> Codes:
        """Return the columns that each code names between two places."""
        before, old = columns[place], columns[self.first]
        if self.phase is Phase.CONTRACT:
            found = _of_contract(before, columns[other])
            new = _complete(found[NEW], columns[self.last or other])
            return {OLD: found[OLD], NEW: {**found[NEW], **new}}
        if self.phase is Phase.EXPAND or self.last is None:
            return {OLD: _both(before, old)}
        return {OLD: _both(before, old), NEW: _complete(before, columns[self.last])}


def _stages(revisions: Sequence[Any]) -> Iterator[_Stage]:
    phases = [phase_of(each) for each in revisions]
    first = 0
    for place, phase in enumerate(phases):
        yield _Stage(phase, first, _end_of_contracts(phases, place))
        if phase is Phase.CONTRACT:
            first = place + 1


def _end_of_contracts(phases: Sequence[Phase], start: int) -> int | None:
    """Return the place after the next contract and those that follow it at once."""
    is_contract = [each is Phase.CONTRACT for each in phases]
    if True not in is_contract[start:]:
        return None
    contract = is_contract.index(True, start)
    rest = is_contract[contract:]
    return contract + (rest.index(False) if False in rest else len(rest))


def _both(before: Columns, code: Columns) -> Columns:
    return {name: names & code.get(name, frozenset()) for name, names in before.items()}


def _complete(before: Columns, code: Columns) -> Columns:
    """Return the columns of those tables that have every column of the code."""
    return {
        name: names
        for name, names in code.items()
        if names <= before.get(name, frozenset())
    }


def _of_contract(before: Columns, after: Columns) -> Codes:
    """Return the columns that each code names during a contract.

    New code names the columns that are there before and after.  If a table loses a
    column and gets another one, no code can run both before and after the contract.
    Then old code is still running when the contract begins.
    """
    met = {
        name: names
        for name, names in before.items()
        if after.get(name, frozenset()) - names and names - after.get(name, names)
    }
    left = {name: names for name, names in before.items() if name not in met}
    return {OLD: met, NEW: _both(left, after)}
