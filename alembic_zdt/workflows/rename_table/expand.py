"""Rename a table while code uses either name.

``RENAME TO`` takes milliseconds, and every query with the old name fails from then on.
So for a while a view has the old name.  Before the new code is deployed, the *expand*
renames the table and creates the view in one transaction.  After every old process has
ended, the *contract* drops the view.  The view is updatable.  On PostgreSQL 15 and
newer it has the rights of its user (``security_invoker``), unless a role may read only
some of the columns.

What can still go wrong through the view: ``COPY ... FROM``, ``TRUNCATE``, DDL, foreign
keys to it, ``ON CONFLICT ON CONSTRAINT``, ``GROUP BY`` a primary key alone, and
``MERGE`` before PostgreSQL 17 do not work.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic_zdt.catalog import bridge, ownership
from alembic_zdt.catalog.bridge import BY_OWNER
from alembic_zdt.errors import (
    DuplicateObjectError,
    PreconditionError,
    UndefinedObjectError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.base import ZdtOperation, directive
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.operations.refusals.window_kept import may_be_renamed
from alembic_zdt.server_facts import Question, Server, TableQuestion
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step
from alembic_zdt.workflows.outdated import Outdated, noted
from alembic_zdt.workflows.rename_table.base import RenameTableOp

if TYPE_CHECKING:
    from alembic_zdt.workflows.rename_table.contract import ContractRenameTableOp


@directive
class ExpandRenameTableOp(RenameTableOp):
    """Rename a table, and leave a view with its old name: the first of two phases.

    The view has the table's owner, rights and comment.  Deploy code that uses the
    new name.  After every old process has ended, drop the view with
    ``op.contract_rename_table()``.

    Args:
        old_table_name: the current name.
        view_only: only create the view of a table that already has the new name;
            the downgrade of ``op.contract_rename_table()`` does that.

    Raises:
        UndefinedObjectError: the table does not exist.
        UsageError: both names are the same.
        DuplicateObjectError: another relation has the new name.
        PreconditionError: the table has row level security, and the server is older
            than 15, or a role may read only some of the columns.

    https://www.postgresql.org/docs/current/sql-createview.html
    """

    directive = "expand_rename_table"

    def __init__(self, *names: str, view_only: bool = False, **options: Any) -> None:
        super().__init__(*names, **options)
        self.view_only = view_only

    @property
    def purpose(self) -> str:
        """Return the purpose of the operation for messages."""
        if self.view_only:
            return f'leave a view "{self.old.label}" of "{self.new.label}"'
        return f'rename table "{self.old.label}" to "{self.new.name}", and leave a view'

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's own call."""
        names, options = super().arguments()
        return names, {"view_only": self.view_only or None} | options

    def reverse(self) -> ZdtOperation:
        """Return the call that drops the view and gives the table its old name back.

        With ``view_only`` the table keeps its new name.
        """
        if self.view_only:
            return self.contract()
        make, schema = _contract(), self.old.schema
        return make(self.new.name, self.old.name, schema=schema)

    def contract(self) -> ContractRenameTableOp:
        """Return the call that ends the rename."""
        make, schema = _contract(), self.old.schema
        return make(self.old.name, self.new.name, schema=schema)

    @property
    def _outdated(self) -> Outdated:
        return Outdated(self.old, stays=self.new.name)

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions for the two names, and for functions that use them."""
        return (*super().questions(), self._outdated.question)

    def preconditions(self, server: Server) -> Sequence[Precondition]:  # noqa: ARG002
        """Refuse a missing table, and row level security that a view would bypass."""
        missing = f"NOT {bridge.is_table(self.new)}"
        if not self.view_only:
            missing += f" AND NOT {bridge.is_table(self.old)}"
        secured = (bridge.is_hidden(name) for name in (self.old, self.new))
        rls = f"({' OR '.join(secured)}) AND NOT {bridge.is_there(self.old, self.new)}"
        view = ownership.view(self.old)
        return (
            *([ownership.look(view, subject=self.new)] if self.view_only else ()),
            Precondition(f"SELECT 'no such table' WHERE {missing}", self._no_table),
            Precondition(f"SELECT 'row level security' WHERE {rls}", self._no_invoker),
        )

    def _no_table(self, _rows: Sequence[Row]) -> ZdtError:
        wanted = self.new if self.view_only else self.old
        return UndefinedObjectError(
            f'table "{wanted.label}" does not exist',
            detail="No ordinary or partitioned table has that name.",
            hint="Correct the name, or pass schema=.",
            table=wanted.label,
        )

    def _no_invoker(self, _rows: Sequence[Row]) -> ZdtError:
        what, where = [self.old.name, self.new.name], {"schema": self.old.schema}
        rename = written_call("rename_table", what, where)
        return PreconditionError(
            f'cannot leave a view for "{self.old.label}": it has row level security',
            detail=BY_OWNER,
            hint=f"Rename it while no old code is running: {rename}.",
            table=self.old.label,
        )

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the step that renames the table, or only creates the view."""
        leaving = self._leave_view if self.view_only else self._rename
        return (
            *self._turn(server),
            noted(leaving(server), self._outdated.note(server)),
        )

    def _turn(self, server: Server) -> Iterator[Step]:
        """Yield the step that ends an open rename in the other direction."""
        there = server.answer(TableQuestion(self.new))
        if self.view_only or there is None or there.kind != "v":
            return
        back = self.contract().rename_back()
        view = self._view(self.old, server)
        yield replace(back, purpose=self.purpose, statements=(*back.statements, *view))

    def _rename(self, server: Server) -> Step:
        return Step(
            purpose=self.purpose,
            statements=(
                f"ALTER TABLE {self.old.sql} RENAME TO {quote(self.new.name)}",
                *self._view(self.old, server),
            ),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.old, only=True),),
            skip_if=SkipCondition(
                bridge.is_renamed(self.old, self.new),
                f'the table is "{self.new.label}"',
            ),
            preconditions=(self._is_free(self.new), *may_be_renamed(self.old)),
            stands_on=(self.old,),
        )

    def _leave_view(self, server: Server) -> Step:
        """Return the step that only creates the view, after a reversed contract."""
        return Step(
            purpose=self.purpose,
            statements=self._view(self.new, server),
            locks=(),
            skip_if=SkipCondition(
                bridge.is_there(self.old, self.new),
                f'"{self.old.label}" is a view of it',
            ),
            preconditions=(self._is_free(self.old),),
        )

    def _view(self, present: QualifiedName, server: Server) -> tuple[str, ...]:
        facts = server.answer(TableQuestion(present))
        schema = facts.schema if facts else present.schema
        old, new = (QualifiedName(n.name, schema) for n in (self.old, self.new))
        return bridge.creating(old, new)

    def _is_free(self, name: QualifiedName) -> Precondition:
        def taken(_rows: Sequence[Row]) -> ZdtError:
            which = "old" if name == self.old else "new"
            return DuplicateObjectError(
                f'"{name.label}" exists already',
                detail=f"Another relation has the {which} name.",
                hint="Choose another name, or drop that relation first.",
                table=name.label,
            )

        return Precondition(
            f"SELECT 'another relation' WHERE {name.regclass} IS NOT NULL", taken
        )


def _contract() -> type[ContractRenameTableOp]:
    from alembic_zdt.workflows.rename_table import contract  # noqa: PLC0415  # imports us

    return contract.ContractRenameTableOp
