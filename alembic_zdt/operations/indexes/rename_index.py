"""Giving an index another name.

``ALTER INDEX ... RENAME TO`` takes SHARE UPDATE EXCLUSIVE on the index alone, which
blocks no query.

https://www.postgresql.org/docs/current/sql-alterindex.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_zdt.errors import (
    DuplicateObjectError,
    UndefinedObjectError,
    WrongObjectTypeError,
    ZdtError,
)
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.base import ZdtOperation, directive
from alembic_zdt.operations.indexes.index_ddl import kept
from alembic_zdt.operations.refusals.window_kept import no_copy
from alembic_zdt.server_facts import (
    RELATION_KINDS,
    IndexQuestion,
    Question,
    Server,
)
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step


@directive
class RenameIndexSafelyOp(ZdtOperation):
    """Give an index another name.

    If the index has the new name already, the step is skipped.

    Args:
        index_name: the index.
        new_index_name: its new name.
        schema: the index's schema, default: by search_path.

    Raises:
        UndefinedObjectError: there is no such index.
        WrongObjectTypeError: the name belongs to a table or another relation.
        DuplicateObjectError: something else has the new name.
        DependentObjectsError: an open window needs the index.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.rename_index_safely("ix_users_mail", "ix_users_email")

    Instead of::

        op.execute("ALTER INDEX ix_users_mail RENAME TO ix_users_email")

    https://www.postgresql.org/docs/current/sql-alterindex.html
    """

    directive = "rename_index_safely"

    def __init__(
        self, index_name: str, new_index_name: str, *, schema: str | None = None
    ) -> None:
        self.index = QualifiedName(str(kept(index_name, "index")), schema)
        self.new = QualifiedName(str(kept(new_index_name, "index")), schema)

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a phrase for messages."""
        return f'rename index "{self.index.label}" to "{self.new.name}"'

    @property
    def subject(self) -> str:
        """Return the name of the index, for the lock between migrations."""
        return self.index.label

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        return (self.index.name, self.new.name), {"schema": self.index.schema}

    def reverse(self) -> RenameIndexSafelyOp:
        """Rename the index to its old name."""
        return RenameIndexSafelyOp(
            self.new.name, self.index.name, schema=self.index.schema
        )

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the index, by its old and its new name."""
        return IndexQuestion(self.index), IndexQuestion(self.new)

    def preconditions(self, server: Server) -> Sequence[Precondition]:  # noqa: ARG002
        """Require an index of either name that no open window needs."""
        there = f"({self.index.regclass} IS NOT NULL OR {self._is_index(self.new)})"
        return (
            Precondition(f"SELECT 1 WHERE NOT {there}", self._missing),
            self._is_no_other,
            no_copy(self.index, self.purpose),
        )

    def _missing(self, _rows: Sequence[Row]) -> ZdtError:
        return UndefinedObjectError(
            f'index "{self.index.label}" does not exist',
            detail=f'There is no index "{self.new.label}" either.',
            hint="Correct the name or the schema.",
            index=self.index.label,
        )

    @property
    def _is_no_other(self) -> Precondition:
        """Refuse another relation, which ``ALTER INDEX`` would rename as well."""

        def other(rows: Sequence[Row]) -> ZdtError:
            found = RELATION_KINDS.get(str(rows[0][0]), "another kind of relation")
            return WrongObjectTypeError(
                f'"{self.index.label}" is {found}, not an index',
                detail="ALTER INDEX also renames relations that are not indexes.",
                hint="Write the name of an index.",
                index=self.index.label,
            )

        found = (
            "SELECT c.relkind::text FROM pg_catalog.pg_class c"
            f" WHERE c.oid = {self.index.regclass} AND c.relkind NOT IN ('i', 'I')"
        )
        return Precondition(found, other)

    def steps(self, server: Server) -> Sequence[Step]:  # noqa: ARG002
        """Return the single step that renames the index."""
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        renaming = f"ALTER INDEX {self.index.sql} RENAME TO {quote(self.new.name)}"
        gone = f"({self.index.regclass} IS NULL)"
        taken = f"SELECT 1 WHERE {self.new.regclass} IS NOT NULL"
        return (
            Step(
                purpose=self.purpose,
                statements=(renaming,),
                locks=(RelationLock(mode, self.index, kind="index"),),
                skip_if=SkipCondition(
                    f"({gone} AND {self._is_index(self.new)})",
                    f'the index is called "{self.new.name}"',
                ),
                preconditions=(self._is_no_other, Precondition(taken, self._taken)),
            ),
        )

    def _taken(self, _rows: Sequence[Row]) -> ZdtError:
        return DuplicateObjectError(
            f'relation "{self.new.label}" exists already',
            detail="Indexes share their names with tables, views and sequences.",
            hint=f'Choose another name, or first drop or rename "{self.new.label}".',
        )

    def _is_index(self, name: QualifiedName) -> str:
        return (
            "EXISTS (SELECT FROM pg_catalog.pg_index i"
            f" WHERE i.indexrelid = {name.regclass})"
        )
