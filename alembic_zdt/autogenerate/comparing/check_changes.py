"""Changes of CHECK constraints, of which Alembic compares only the names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint, MetaData, Table, TextClause, text
from sqlalchemy.sql.elements import conv

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.autogenerate.comparing.expressions import (
    Declared,
    check_key,
    condition_of,
)
from alembic_zdt.autogenerate.found.directive_loading import load_directives
from alembic_zdt.catalog.constraint import is_name_taken
from alembic_zdt.connection.database import Database
from alembic_zdt.names import default_constraint_name
from alembic_zdt.operations.calls.sql_text import DIALECT

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

Place = tuple[str | None, str]
Wanted = tuple[CheckConstraint, int]
"""A CHECK of the models, and its number in the table."""

NONE_YET = object()
"""Marks an object of the database that the models do not have."""


class CheckChanges:
    """The CHECK constraints of one table that differ.

    Args:
        context: Alembic's migration context.
        table: the expressions of both sides.
        place: schema and name of the table in Alembic's operations.
        is_kept: the filters of env.py, which get the item, its name, its kind, and its
            counterpart in the database.

    Attributes:
        unknown: conditions for which the server has returned no spelling.
        unwritten: always empty, because an operation can be written for each CHECK.
    """

    def __init__(
        self,
        context: AutogenContext,
        table: Declared,
        place: Place,
        is_kept: Callable[[Any, Any, Any, Any], bool],
    ) -> None:
        self.unknown: list[str] = []
        self.unwritten: list[str] = []
        self._context, self._table, self._place = context, table, place
        self._is_kept = is_kept
        self._chosen: set[str] = set()

    def replace_those_of_plugins(self, found: list[Any]) -> None:
        """Replace the changes that a plugin has found."""
        found[:] = [op for op in found if not _is_of_check(op)]
        found += list(self._changes())

    def _changes(self) -> Iterator[Any]:
        table = self._table
        there = {
            name: table.seen.text(definition) or ""
            for name, definition in table.present.checks.items()
            if not table.is_hidden(name)
        }
        left: list[Wanted] = []
        for number, (check, condition) in enumerate(table.checks):
            name, spelled = _name_of(check), self._spelled(number)
            if name is None or name not in there:
                left.append((check, number))
            elif spelled is None and not table.mentions_new_column(condition):
                self.unknown.append(f'CHECK "{name}" of "{table.table.label}"')
                there.pop(name)
            elif there.pop(name) != spelled:
                yield from self._dropped(name)
                yield from self._created(check)
        yield from self._left(left, there)

    def _spelled(self, number: int) -> str | None:
        return self._table.spelled.checks.get(check_key(number))

    def _left(self, wanted: Sequence[Wanted], there: dict[str, str]) -> Iterator[Any]:
        """Yield the changes for names that only one side has."""
        new: list[Wanted] = []
        for check, number in wanted:
            name, spelled = _name_of(check), self._spelled(number)
            same = next((n for n, d in there.items() if d == spelled), None)
            if same is None:
                new.append((check, number))
                continue
            there.pop(same)
            if name is not None:
                load_directives(self._context.migration_context)
                yield _renaming(same, self._place, name)
        for check, number in sorted(new, key=_creation):
            name = None if _name_of(check) else self._chosen_name(number, there)
            yield from self._created(check, name)
        for name in there:
            yield from self._dropped(name)

    def _created(
        self, check: CheckConstraint, name: str | None = None
    ) -> Iterator[Any]:
        if self._is_kept(check, check.name, "check_constraint", None):
            op: Any = ops.AddConstraintOp.from_constraint(check)
            if name is not None:
                op.constraint_name = conv(name)
            yield op

    def _chosen_name(self, number: int, gone: dict[str, str]) -> str:
        """Return the name that PostgreSQL would choose for a CHECK without one.

        Args:
            number: the number of the CHECK in the model.
            gone: CHECK constraints that are dropped before.
        """
        column, times = self._only_column(number), 0
        while True:
            label = f"check{times or ''}"
            name = default_constraint_name(self._place[1], column, label)
            if name not in self._chosen and (name in gone or not self._is_taken(name)):
                self._chosen.add(name)
                return name
            times += 1

    def _only_column(self, number: int) -> str:
        """Return the column that a CHECK mentions, empty for none or several."""
        columns = self._table.spelled.check_columns
        # Of new columns the server does not know yet.
        mentioned = self._table.mentioned_columns(self._table.checks[number][1])
        known = columns.get(check_key(number), tuple(mentioned))
        return known[0] if len(known) == 1 else ""

    def _is_taken(self, name: str) -> bool:
        connection: Any = self._context.connection
        return Database(connection).holds(is_name_taken(name, self._table.table))

    def _dropped(self, name: str) -> Iterator[Any]:
        schema, table_name = self._place
        definition = self._table.seen.text(self._table.present.checks[name]) or ""
        old = CheckConstraint(as_written(condition_of(definition)), name=conv(name))
        Table(table_name, MetaData(), old, schema=schema)
        if self._is_kept(old, name, "check_constraint", NONE_YET):
            yield ops.DropConstraintOp.from_constraint(old)


def as_written(sql: str) -> TextClause:
    """Return SQL in which no colon begins a bind parameter."""
    return text(sql.replace(":", r"\:"))


def _renaming(old: str, place: Place, new: str) -> Any:
    from alembic_zdt.operations.constraints.rename_constraint import (  # noqa: PLC0415  # rare
        RenameConstraintSafelyOp,
    )

    schema, table = place
    return RenameConstraintSafelyOp(old, table, new, schema=schema)


def _is_of_check(op: Any) -> bool:
    if isinstance(op, ops.DropConstraintOp):
        return op.constraint_type == "check"
    return isinstance(op, ops.CreateCheckConstraintOp)


def _creation(wanted: Wanted) -> int:
    """Return the number of a CHECK among the CHECKs that SQLAlchemy creates."""
    return int(getattr(wanted[0], "_creation_order", 0))


def _name_of(check: CheckConstraint) -> str | None:
    return contexts.final_name(check, DIALECT)
