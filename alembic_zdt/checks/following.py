"""The calls that follow the current call in its revision.

A change whose object the same transaction drops, or sets back, is not reported: the
later call holds the same lock, and is reported itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import ops

from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.effects import MakeType, RenameType
from alembic_zdt.names import QualifiedName
from alembic_zdt.recording.call import AUTOCOMMIT, Call

_Key = tuple[int, str, QualifiedName, str]
"""An event in a revision: its transaction, its kind, and its table and column."""


@dataclass
class Following:
    """The calls of a revision, which a run does not know in advance.

    Attributes:
        calls: the calls of the revision, in order; none in a run.
        position: the position of the present call.
    """

    calls: Sequence[Call] = ()
    position: int = 0
    _last: dict[_Key, int] | None = None
    _read: Sequence[Call] = field(default=(), repr=False)

    def drops(self, call: Call, table: QualifiedName, column: str = "") -> bool:
        """Check whether the transaction of a call later drops the table or column."""
        return self._happens(call, "drop", table) or (
            bool(column) and self._happens(call, "drop", table, column)
        )

    def sets_default(self, call: Call, table: QualifiedName, column: str) -> bool:
        """Check whether the transaction of a call sets a default afterwards."""
        return self._happens(call, "default", table, column)

    def takes_name(self, call: Call, table: QualifiedName, column: str) -> bool:
        """Check whether the transaction later gives another column this name."""
        return self._happens(call, "name", table, column)

    def sets_not_null(self, call: Call, table: QualifiedName, column: str) -> bool:
        """Check whether the transaction of a call sets NOT NULL afterwards."""
        return self._happens(call, "not null", table, column)

    def makes_type(self, call: Call, name: QualifiedName) -> bool:
        """Check whether the transaction of a call makes a type of that name later."""
        return self._happens(call, "type", name)

    def dropped_columns(self, call: Call, table: QualifiedName) -> Iterator[str]:
        """Yield the columns of a table that the transaction of a call drops later."""
        for key, number in self._lasts().items():
            is_later = number > self.position and key[0] == call.transaction
            if is_later and key[1:3] == ("drop", plain(table)) and key[3]:
                yield key[3]

    def dropped_tables(self, call: Call) -> Iterator[QualifiedName]:
        """Yield the tables that the transaction of a call drops later."""
        for key, number in self._lasts().items():
            is_later = number > self.position and key[0] == call.transaction
            if is_later and key[1] == "drop" and not key[3]:
                yield key[2]

    def _happens(
        self, call: Call, what: str, name: QualifiedName, column: str = ""
    ) -> bool:
        if call.transaction == AUTOCOMMIT or not self.calls:
            return False
        key = (call.transaction, what, plain(name), column)
        return self._lasts().get(key, -1) > self.position

    def _lasts(self) -> dict[_Key, int]:
        """Return the last call of each kind, read once for each revision."""
        if self._last is None or self._read is not self.calls:
            self._read, self._last = self.calls, {}
            for number, call in enumerate(self.calls):
                if call.transaction != AUTOCOMMIT:
                    for act in call.acts:
                        for key in _keys(act):
                            self._last[call.transaction, *key] = number
        return self._last


def _keys(act: Any) -> Iterator[tuple[str, QualifiedName, str]]:
    match act:
        case ops.DropTableOp():
            yield "drop", _table(act), ""
        case ops.DropColumnOp():
            yield "drop", _table(act), act.column_name
        case ops.AlterColumnOp():
            yield from _keys_of_alteration(act)
        case MakeType():
            yield "type", plain(act.name), ""
        case RenameType() if act.new_name:
            yield "type", plain(act.name.sibling(act.new_name)), ""


def _keys_of_alteration(
    op: ops.AlterColumnOp,
) -> Iterator[tuple[str, QualifiedName, str]]:
    default = op.modify_server_default
    if default is not None and default is not False:
        yield "default", _table(op), op.column_name
    if op.modify_name:
        yield "name", _table(op), op.modify_name
    if op.modify_nullable is False:
        yield "not null", _table(op), op.column_name


def _table(op: Any) -> QualifiedName:
    return plain(QualifiedName(str(op.table_name), op.schema))
