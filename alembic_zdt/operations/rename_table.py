"""Renaming a table while code for either name is alive.

``RENAME TO`` takes a moment, and in that moment every query of the code that still says
the old name begins to fail.  So for a while a view has the old name: *expand* renames
the table and makes the view in one transaction, the new code is deployed, and when the
old code is gone *contract* drops the view.  The view is updatable, and reads and writes
with the rights of whoever uses it (``security_invoker``, PostgreSQL 15 and newer).

What can still go wrong through the view: ``COPY ... FROM``, ``TRUNCATE``, DDL, foreign
keys to it, ``ON CONFLICT ON CONSTRAINT``, ``GROUP BY`` a primary key alone, and
``MERGE`` before PostgreSQL 17 do not work.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic_zdt.catalog import bridge, obstacles
from alembic_zdt.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    PreconditionError,
    UndefinedObjectError,
    UsageError,
    ZdtError,
)
from alembic_zdt.facts import Question, Server, TableQuestion
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, checked, quote
from alembic_zdt.operations._base import ZdtOperation, directive
from alembic_zdt.operations._same_run import begun_by_this_run
from alembic_zdt.steps import Guard, Precondition, RelationLock, Row, Step

if TYPE_CHECKING:
    from alembic.operations import Operations


class RenameTableOp(ZdtOperation):
    """A table and its two names.

    Args:
        old_table_name: the old name.
        new_table_name: the new name.
        schema: the table's schema, default: by search_path.
    """

    def __init__(
        self, old_table_name: str, new_table_name: str, *, schema: str | None = None
    ) -> None:
        self.old = QualifiedName(checked(old_table_name, "table"), schema)
        self.new = QualifiedName(checked(new_table_name, "table"), schema)
        if self.old == self.new:
            raise UsageError(
                f'"{self.old.words}" has that name already',
                detail="The old and the new name are the same.",
                hint="Pass another new_table_name.",
            )

    @property
    def subject(self) -> str:
        """The table."""
        return self.old.words

    @property
    def bridge(self) -> str:
        """Another one for each pair of names."""
        return f"{self.old.sql} -> {self.new.sql}"

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The caller's arguments."""
        return (self.old.name, self.new.name), {"schema": self.old.schema}

    def questions(self) -> Sequence[Question[Any]]:
        """What has the two names."""
        return TableQuestion(self.old), TableQuestion(self.new)


@directive
class ExpandRenameTableOp(RenameTableOp):
    """The operation behind ``op.expand_rename_table()``."""

    directive = "expand_rename_table"

    @classmethod
    def expand_rename_table(
        cls,
        operations: Operations,
        old_table_name: str,
        new_table_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename a table, and leave a view with its old name: the first of two phases.

        The view has the table's owner, rights and comment.  Deploy code that uses the
        new name, then drop the view with ``op.contract_rename_table()``.

        Args:
            old_table_name: the name that there is.
            new_table_name: the name that there shall be.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no such table.
            DuplicateObjectError: something has the new name.
            PreconditionError: the table has row level security, and the server is
                older than 15.
            LockNotAvailableError: the lock could not be had in time.

        Example::

            op.expand_rename_table("orders", "purchases")

        Instead of::

            op.rename_table("orders", "purchases")

        https://www.postgresql.org/docs/current/sql-createview.html
        """
        operations.invoke(cls(old_table_name, new_table_name, schema=schema))

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'rename table "{self.old.words}" to "{self.new.name}", and leave a view'

    def reverse(self) -> ContractRenameTableOp:
        """Drop the view, and keep the old name."""
        names = self.new.name, self.old.name
        return ContractRenameTableOp(*names, schema=self.old.schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:  # noqa: ARG002
        """There must be a table, by the old name or already by the new one."""
        missing = f"NOT {bridge.is_table(self.old)} AND NOT {bridge.is_table(self.new)}"
        rls = f"{bridge.has_row_security(self.old)} AND {bridge.is_older_than_15}"
        return (
            Precondition(f"SELECT 'no such table' WHERE {missing}", self._no_table),
            Precondition(f"SELECT 'row level security' WHERE {rls}", self._no_invoker),
        )

    def _no_table(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'table "{self.old.words}" does not exist',
            detail="No ordinary or partitioned table has that name.",
            hint="Correct the name, or pass schema=.",
            table=self.old.words,
        )

    def _no_invoker(self, _rows: Sequence[Row]) -> ZdtError:
        return PreconditionError(
            f'cannot leave a view for "{self.old.words}": it has row level security',
            detail="Before PostgreSQL 15 a view reads with the rights of its owner, so "
            "everybody would see all rows through it.",
            hint="Rename it while no old code is running: "
            f'op.rename_table("{self.old.name}", "{self.new.name}").',
            table=self.old.words,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """One step."""
        facts = server.answer(TableQuestion(self.old))
        schema = facts.schema if facts else self.old.schema
        old, new = (QualifiedName(n.name, schema) for n in (self.old, self.new))
        return (
            Step(
                purpose=self.purpose,
                statements=(
                    f"ALTER TABLE {self.old.sql} RENAME TO {quote(self.new.name)}",
                    *bridge.creating(old, new),
                ),
                locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.old, only=True),),
                guard=Guard(
                    bridge.is_renamed(self.old, self.new),
                    f'the table is "{self.new.words}"',
                ),
                preconditions=(self._name_is_free(),),
                opens=self.bridge,
            ),
        )

    def _name_is_free(self) -> Precondition:
        def taken(_rows: Sequence[Row]) -> ZdtError:
            return DuplicateObjectError(
                f'"{self.new.words}" exists already',
                detail="Another relation has the new name.",
                hint="Choose another name, or drop that relation first.",
                table=self.new.words,
            )

        return Precondition(
            f"SELECT 'another relation' WHERE {self.new.regclass} IS NOT NULL", taken
        )


@directive
class ContractRenameTableOp(RenameTableOp):
    """The operation behind ``op.contract_rename_table()``."""

    directive = "contract_rename_table"

    @classmethod
    def contract_rename_table(
        cls,
        operations: Operations,
        old_table_name: str,
        new_table_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """End the time of two names of a table: the last of two phases.

        Drops the view that has the old name.  With the names the other way round it
        keeps the old one: that is the downgrade of ``op.expand_rename_table()``.

        Args:
            old_table_name: the name that goes.
            new_table_name: the name that stays.
            schema: the table's schema, default: by search_path.

        Raises:
            UndefinedObjectError: no table has one of the names, or no view the other.
            GateClosedError: the expand was run a moment ago.
            DependentObjectsError: something uses the view; all of it is listed.
            LockNotAvailableError: the lock could not be had in time.

        Example::

            op.contract_rename_table("orders", "purchases")

        Instead of::

            op.rename_table("orders", "purchases")

        https://www.postgresql.org/docs/current/sql-dropview.html
        """
        operations.invoke(cls(old_table_name, new_table_name, schema=schema))

    @property
    def purpose(self) -> str:
        """What it is for."""
        return f'keep "{self.new.words}" as the only name of its table'

    def reverse(self) -> ExpandRenameTableOp:
        """Two names again, as long as code for the old one may come back."""
        names = self.new.name, self.old.name
        return ExpandRenameTableOp(*names, schema=self.old.schema)

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """One name must be a table's and the other a view's of it, or nobody's."""
        known = (
            bridge.is_there(self.old, self.new),
            bridge.is_there(self.new, self.old),
            f"({bridge.is_table(self.new)} AND {self.old.regclass} IS NULL)",
        )
        wrong = f"SELECT 'no such view' WHERE NOT ({' OR '.join(known)})"
        gate = begun_by_this_run(self.bridge, self.new, self.old.name, server)
        return Precondition(wrong, self._no_bridge), *gate

    def _no_bridge(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'"{self.old.words}" and "{self.new.words}" are not two names of one table',
            detail="None of them is a view that op.expand_rename_table() has left.",
            hint="Correct the names.",
            table=self.old.words,
        )

    def steps(self, server: Server) -> Sequence[Step]:  # noqa: ARG002  # asked by guards
        """Two steps, of which one finds its view: nobody has to ask which."""
        return self._drop_view(), self._rename_back()

    def _drop_view(self) -> Step:
        there = bridge.is_there(self.old, self.new)
        return Step(
            purpose=f'drop the view "{self.old.words}" of "{self.new.words}"',
            statements=(f"DROP VIEW {self.old.sql}",),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.old, kind="view"),),
            guard=Guard(f"(NOT {there})", f'"{self.old.words}" is no view of it'),
            preconditions=(self._unused(self.old),),
        )

    def _rename_back(self) -> Step:
        there = bridge.is_there(self.new, self.old)
        return Step(
            purpose=f'rename table "{self.old.words}" to "{self.new.name}" again',
            statements=(
                f"DROP VIEW {self.new.sql}",
                f"ALTER TABLE {self.old.sql} RENAME TO {quote(self.new.name)}",
            ),
            # In the order in which a query of the view locks them.
            locks=(
                RelationLock(LockMode.ACCESS_EXCLUSIVE, self.new),
                RelationLock(LockMode.ACCESS_EXCLUSIVE, self.old),
            ),
            guard=Guard(f"(NOT {there})", f'"{self.new.words}" is no view of it'),
            preconditions=(self._unused(self.new),),
        )

    def _unused(self, view: QualifiedName) -> Precondition:
        def used(rows: Sequence[Row]) -> ZdtError:
            found = "; ".join(str(row[0]) for row in rows)
            return DependentObjectsError(
                f'cannot drop the view "{view.words}": something else needs it',
                detail=f"Found: {found}.",
                hint="Let these use the table, then run the same command again.",
                table=view.words,
            )

        return Precondition(obstacles.of_drop_table(view), used)
