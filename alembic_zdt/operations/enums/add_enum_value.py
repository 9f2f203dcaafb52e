"""Adding a value to an enum type.

``ALTER TYPE ... ADD VALUE`` locks no table.  But the new value cannot be used in the
transaction that added it, so it is added in one of its own.

What can still go wrong: PostgreSQL cannot remove a value again.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from alembic_zdt.catalog import enum as catalog
from alembic_zdt.catalog.windows import open_windows
from alembic_zdt.errors import (
    DuplicateObjectError,
    UndefinedObjectError,
    UsageError,
    ZdtError,
)
from alembic_zdt.names import QualifiedName, checked, literal
from alembic_zdt.operations.base import ZdtOperation, directive
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.refusals.window_kept import none_stands
from alembic_zdt.server_facts import EnumValues, Question, Server
from alembic_zdt.steps import Precondition, Row, SkipCondition, Step, Transaction


@directive
class AddEnumValueOp(ZdtOperation):
    """Add a value to an enum type, in a transaction of its own.

    If the type has the value in that place already, the step is skipped.

    Args:
        enum_name: the type.
        value: the new value.
        before: an existing value that it sorts before.
        after: an existing value that it sorts after; default: at the end.
        schema: the type's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no such enum type, or no such neighbour.
        DuplicateObjectError: the value exists, at another place.
        UsageError: both before and after.
        DependentObjectsError: an open window converts the values of the type.

    Example::

        op.add_enum_value("order_status", "refunded", after="paid")

    Instead of::

        op.execute("ALTER TYPE order_status ADD VALUE 'refunded' AFTER 'paid'")

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

    directive = "add_enum_value"

    def __init__(
        self,
        enum_name: str,
        value: str,
        *,
        before: str | None = None,
        after: str | None = None,
        schema: str | None = None,
    ) -> None:
        self.enum = QualifiedName(checked(enum_name, "enum type"), schema)
        self.value = checked(value, "enum value")
        self.before = before
        self.after = after
        if before is not None and after is not None:
            raise UsageError(
                f'cannot add "{value}" to "{self.enum.label}" both before and after',
                detail=f'before="{before}" and after="{after}" were given.',
                hint=f"Leave one of them out: {self._call(before=before)}, or "
                f"{self._call(after=after)}.",
            )

    def _call(self, **place: str | None) -> str:
        """Write the call with one place alone."""
        where = {**place, "schema": self.enum.schema}
        return written_call("add_enum_value", [self.enum.name, self.value], where)

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'add value "{self.value}" to enum "{self.enum.label}"'

    @property
    def subject(self) -> str:
        """Return the name of the type, for the lock between migrations."""
        return self.enum.label

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        named = {"before": self.before, "after": self.after, "schema": self.enum.schema}
        return (self.enum.name, self.value), named

    def reverse(self) -> NoReturn:
        """Refuse, because rows may hold the value."""
        self._irreversible(
            f'PostgreSQL cannot remove a value, and rows that hold "{self.value}" '
            "would lose it.",
            "Write pass into the downgrade: an unused enum value does no harm. To "
            "remove it all the same, write op.remove_enum_value().",
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the question about the values of the type."""
        return (EnumValues(self.enum),)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Require that the type and the neighbour exist."""
        values = server.answer(EnumValues(self.enum))
        if not server.online:
            return ()
        if values is None:
            raise UndefinedObjectError(
                f'enum type "{self.enum.label}" does not exist',
                detail="No enum type of that name is visible.",
                hint="Correct the name, or pass schema=.",
                enum=self.enum.label,
            )
        neighbour = self.before or self.after
        if neighbour is not None and neighbour not in values:
            raise UndefinedObjectError(
                f'enum type "{self.enum.label}" has no value "{neighbour}"',
                detail=f"It has {', '.join(values)}.",
                hint="Correct before= or after=.",
                enum=self.enum.label,
            )
        return ()

    def _is_new(self) -> Precondition:
        def misplaced(rows: Sequence[Row]) -> ZdtError:
            side = "before" if self.before else "after"
            return DuplicateObjectError(
                f'enum "{self.enum.label}" has "{self.value}" at another position',
                detail=f"There is {rows[0][0]}. Wanted: {self.value} {side} "
                f"{self.before or self.after}.",
                hint="PostgreSQL cannot move a value: leave "
                f"{side}= out, or choose another value.",
                enum=self.enum.label,
            )

        there = catalog.has_value(self.enum, self.value)
        return Precondition(f"{catalog.described(self.enum)} AND {there}", misplaced)

    def steps(self, server: Server) -> Sequence[Step]:  # noqa: ARG002
        """Return the single step that adds the value."""
        place = ""
        if self.before is not None:
            place = f" BEFORE {literal(self.before).strip()}"
        if self.after is not None:
            place = f" AFTER {literal(self.after).strip()}"
        value = literal(self.value).strip()
        adding = f"ALTER TYPE {self.enum.sql} ADD VALUE IF NOT EXISTS"
        return (
            Step(
                purpose=self.purpose,
                statements=(f"{adding} {value}{place}",),
                locks=(),
                skip_if=SkipCondition(
                    catalog.is_placed(
                        self.enum, self.value, self.before or "", self.after or ""
                    ),
                    "the enum has it already",
                ),
                preconditions=(
                    self._is_new(),
                    none_stands(
                        open_windows.stands_on_enum(self.enum),
                        self.purpose,
                        self.enum.schema,
                    ),
                ),
                transaction=Transaction.AUTOCOMMIT,
            ),
        )
