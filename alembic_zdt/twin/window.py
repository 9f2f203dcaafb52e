"""A window: the time in which two columns of a table are kept equal.

The name of every part consists of the table, the original and the twin, in this order.
So the catalog shows which of two columns is the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from alembic_zdt.catalog import column as column_catalog
from alembic_zdt.catalog import column_copy, ownership
from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog import trigger as trigger_catalog
from alembic_zdt.names import (
    SYNC_AGAIN,
    SYNC_CHECK,
    SYNC_FIRST,
    SYNC_TRIGGER,
    QualifiedName,
    distinct,
    literal,
)
from alembic_zdt.steps import Precondition

_NO_WORD = re.compile(r"\W+")


class Winner(Enum):
    """The column that wins when one UPDATE writes different values into both."""

    NEW = "new"
    OLD = "old"
    ERROR = "error"


@dataclass(frozen=True)
class Window:
    """A window of two columns of a table.

    Attributes:
        table: the table.
        original: the existing column.
        twin: the column that the expand adds.
        schema: the table's actual schema, None if it is not known.
    """

    table: QualifiedName
    original: str
    twin: str
    schema: str | None = None

    @property
    def label(self) -> str:
        """Return the table and the original for messages, such as ``users.email``."""
        return f"{self.table.label}.{self.original}"

    @property
    def trigger(self) -> str:
        """Return the name of the trigger, which sorts after all others."""
        return distinct(SYNC_TRIGGER, self.table.name, self.original, self.twin)

    @property
    def first_triggers(self) -> tuple[str, str]:
        """Return the names of the triggers that fire before the user's triggers."""
        parts = self.table.name, self.original, self.twin
        return distinct(SYNC_AGAIN, *parts), distinct(SYNC_FIRST, *parts)

    @property
    def triggers(self) -> tuple[str, ...]:
        """Return the names of all triggers, the last one first."""
        return self.trigger, *self.first_triggers

    @property
    def function(self) -> QualifiedName:
        """Return the name of the trigger's function, in the schema of the table."""
        return QualifiedName(self.check, self.schema or self.table.schema)

    @property
    def conversions(self) -> tuple[QualifiedName, QualifiedName]:
        """Return the names of the functions that convert to the twin and back."""
        parts = self.table.name, self.original, self.twin
        up, down = distinct("zdt_up", *parts), distinct("zdt_down", *parts)
        return self.function.sibling(up), self.function.sibling(down)

    @property
    def casts(self) -> tuple[QualifiedName, QualifiedName]:
        """Return the names of the functions that cast to the twin and back.

        The trigger uses them if the call gives no expression.
        """
        parts = self.table.name, self.original, self.twin
        up = distinct("zdt_up_cast", *parts)
        return self.function.sibling(up), self.function.sibling(
            distinct("zdt_down_cast", *parts)
        )

    @property
    def ownership(self) -> Precondition:
        """Refuse a trigger or functions that other roles own and that could be used.

        Before the window is open, every function of these names counts.
        """
        # No other role can create a function with these arguments while ours exists.
        is_new = f"NOT {self.is_open}"
        takes = ownership.takes_value_of(self.table, (self.original, self.twin))
        takes_a_value = f"({is_new} OR {takes})"
        return ownership.look(
            *(ownership.trigger(name, self.table) for name in self.triggers),
            ownership.routine(self.function, f"({is_new} OR p.pronargs = 0)"),
            *(
                ownership.routine(function, takes_a_value)
                for function in (*self.conversions, *self.casts)
            ),
            subject=self.table,
        )

    @property
    def check(self) -> str:
        """Return the name of the CHECK constraint."""
        return distinct(SYNC_CHECK, self.table.name, self.original, self.twin)

    @property
    def is_its_check(self) -> str:
        """Return SQL that is true if row ``k`` of pg_constraint is its CHECK."""
        return (
            f"k.conrelid = {self.table.regclass} AND k.conname = {literal(self.check)}"
        )

    @property
    def is_open(self) -> str:
        """Return SQL that is true if the window is open, even if a part is missing."""
        trigger = trigger_catalog.exists(self.table, *self.triggers)
        return f"({trigger} OR {constraint_catalog.exists(self.check, self.table)})"

    @property
    def lets_pass(self) -> str:
        """Return SQL that is true if user triggers may fire between this package's."""
        return trigger_catalog.exists(self.table, *self.first_triggers)

    @property
    def keeps_equal(self) -> str:
        """Return SQL that is true if the last trigger and the CHECK keep rows equal."""
        last = trigger_catalog.fires_always(self.trigger, self.table)
        return f"({last} AND {constraint_catalog.exists(self.check, self.table)})"

    @property
    def is_whole(self) -> str:
        """Return SQL that is true if both columns stay equal, whatever triggers exist.

        The triggers that fire first are only needed if the table has other triggers.
        """
        first = (
            trigger_catalog.fires_always(name, self.table)
            for name in self.first_triggers
        )
        none = (
            f"NOT {self.lets_pass} AND NOT {trigger_catalog.has_before_row(self.table)}"
        )
        return f"({self.keeps_equal} AND ({' AND '.join(first)} OR {none}))"

    @property
    def is_over(self) -> str:
        """Return SQL that is true if the window has ended and only the twin is left."""
        return self.kept(self.twin)

    @property
    def is_open_or_over(self) -> str:
        """Return SQL that is true if the window is open, or ``is_over`` is true."""
        return f"({self.is_open} OR {self.is_over})"

    @property
    def is_proven_or_over(self) -> str:
        """Return SQL that is true if every row is proven, or the window is over."""
        return f"({self.is_proven} OR {self.is_over})"

    @property
    def is_proven(self) -> str:
        """Return SQL that is true if every row is proven equal in both columns."""
        return constraint_catalog.is_validated(self.check, self.table)

    def kept(self, name: str) -> str:
        """Return SQL that is true if, of the two columns, only *name* exists."""
        other = self.twin if name == self.original else self.original
        is_there = column_catalog.exists(self.table, name)
        return f"({is_there} AND NOT {column_catalog.exists(self.table, other)})"


@dataclass(frozen=True)
class HiddenTwin(Window):
    """A window whose twin takes the name of the original when it ends.

    Attributes:
        type: the twin's type, as it is written in SQL.
        spelled: the type as PostgreSQL writes it, empty if the server was not asked.
    """

    type: str = ""
    spelled: str = ""

    @classmethod
    def of(
        cls, table: QualifiedName, column: str, type_: str, schema: str | None
    ) -> HiddenTwin:
        """Return the window in which *column* is to get another type."""
        words = _NO_WORD.sub("_", type_.lower()).strip("_")
        return cls(table, column, distinct("zdt", column, words), schema, type_)

    @property
    def is_over(self) -> str:
        """Return SQL that is true if the column has the type, and no twin."""
        table = self.table
        if self.spelled:
            has_it = column_copy.is_spelled(table, self.original, self.spelled)
        else:
            has_it = column_catalog.is_of_type(table, self.original, self.type)
        in_window = constraint_catalog.is_in_hidden_window(table, self.original)
        return f"({has_it} AND NOT {in_window})"
