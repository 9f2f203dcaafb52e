"""Answer the questions of checks from exported facts.

The facts answer no question about a definition, a view, a trigger or the effect of a
change.  Then a check does what it does without a database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from alembic_zdt.catalog.lookup import server_version
from alembic_zdt.connection.database import Database
from alembic_zdt.facts.exported import WITH_ROWS, ExportedDatabase, Facts, is_old
from alembic_zdt.names import QualifiedName
from alembic_zdt.oracle import questions
from alembic_zdt.oracle.effect import Effect
from alembic_zdt.oracle.size import Size

Answer = TypeVar("Answer")


class FactsOracle:
    """Answers from the facts of one database.

    Sizes and proofs are not taken from old facts.

    Args:
        facts: the facts.
        database: the database among them.

    Attributes:
        answered: the number of answered questions that may confirm a finding.
        is_of_the_run: False, because no revision runs.
    """

    def __init__(self, facts: Facts, database: ExportedDatabase) -> None:
        self.answered = 0
        self.is_of_the_run = False
        self._facts, self._database = facts, database
        self._is_old = is_old(facts.exported_at)

    @property
    def database_name(self) -> str:
        """Return the name of the database."""
        return self._database.database

    def oid(self, table: QualifiedName) -> int:
        """Return 1 if there is such a table or index, otherwise 0."""
        name = self._facts.hidden_name(table)
        found = self._database.table(name) or self._database.index(name)
        self.answered += 1
        return int(found is not None)

    def size(self, table: QualifiedName) -> Size | None:
        """Return the size of a table with all its partitions."""
        found = self._database.table(self._facts.hidden_name(table))
        if self._is_old or found is None or found.kind not in WITH_ROWS:
            return None
        parts = list(self._database.tree(found))
        return Size(
            rows=sum(each.rows for each in parts),
            bytes=sum(each.total_bytes for each in parts),
            reads=sum(each.reads for each in parts),
            writes=sum(each.writes for each in parts),
        )

    def is_small(self, table: QualifiedName) -> bool:  # noqa: ARG002  # the protocol has it
        """Return False: only a run ignores small tables."""
        return False

    def waits_forever(self) -> None:
        """Return None, because no revision runs."""

    def has_no_null(self, table: QualifiedName, column: str) -> bool | None:
        """Check whether NOT NULL or valid constraints prove that no row has a NULL."""
        if self._is_old:
            return None
        found = self._database.table(self._facts.hidden_name(table))
        known = found and found.column(self._facts.hidden(column))
        return self._counted(known.no_null) if known else None

    def changed_rows(self, table: QualifiedName, statement: str) -> None:
        """Return None: only a planner knows the answer."""

    def effect(self, table: QualifiedName, action: str) -> Effect | None:  # noqa: ARG002  # the protocol has it
        """Return None: only a server knows the answer."""
        return None

    def answer(
        self, question: Callable[..., Answer | None], *arguments: Any
    ) -> Answer | None:
        """Return the facts' answer to a question of ``oracle.questions``, or None."""
        known = _ANSWERS.get(question)
        is_hidden = self._facts.salt is not None and question not in _WITHOUT_NAMES
        if known is None or is_hidden or (self._is_old and known is _most_rows):
            return None
        found: Answer | None = known(self._database, *map(self._hidden, arguments))
        return self._counted(found)

    def ask(
        self,
        question: Callable[[Database], Answer | None],  # noqa: ARG002  # the protocol has it
        *,
        bounded: bool = True,  # noqa: ARG002  # the protocol has it
        leaves_nothing: bool = True,  # noqa: ARG002  # the protocol has it
    ) -> Answer | None:
        """Return None: there is no database to ask."""
        return None

    def _hidden(self, argument: Any) -> Any:
        if isinstance(argument, QualifiedName):
            return self._facts.hidden_name(argument)
        if isinstance(argument, str):
            return self._facts.hidden(argument)
        return [self._facts.hidden(each) for each in argument]

    def _counted(self, found: Answer) -> Answer:
        self.answered += found is not None
        return found


def _kind(database: ExportedDatabase, table: QualifiedName) -> str | None:
    found = database.table(table)
    return found.kind if found else None


def _most_rows(database: ExportedDatabase) -> int:
    parents = {parent for each in database.tables for parent in each.parents}
    trees = (database.tree(each) for each in database.tables if each.key in parents)
    rows = [sum(each.rows for each in tree) for tree in trees]
    return max((database.most_rows, *rows, *(each.rows for each in database.tables)))


def _types(
    database: ExportedDatabase, table: QualifiedName, columns: list[str]
) -> list[str] | None:
    found = database.table(table)
    known = {each.name: each.plain_type for each in found.columns} if found else {}
    if not {*columns} <= known.keys():
        return None
    return [known[name] for name in columns]


def _table_of_index(
    database: ExportedDatabase, index: QualifiedName
) -> QualifiedName | None:
    found = database.index(index)
    return found[0].key.qualified if found else None


def _columns_of_index(
    database: ExportedDatabase, index: QualifiedName
) -> list[str] | None:
    found = database.index(index)
    names = (*found[1].columns, *found[1].included) if found else ()
    return [each for each in names if each is not None] or None


def _included_in_index(
    database: ExportedDatabase, index: QualifiedName
) -> list[str] | None:
    found = database.index(index)
    return list(found[1].included) or None if found else None


def _constraint_of_index(database: ExportedDatabase, index: QualifiedName) -> str:
    found = database.index(index)
    return (found[1].constraint or "") if found else ""


def _indexes_on(
    database: ExportedDatabase, table: QualifiedName, columns: list[str]
) -> dict[str, bool]:
    found = database.table(table)
    number = len(columns)
    return {
        each.name: list(each.columns) == columns
        for each in (found.indexes if found else ())
        if each.valid
        and not each.partial
        and each.method == "btree"
        and {*each.columns[:number]} == {*columns}
    }


def _server_version(database: ExportedDatabase) -> int:
    return database.server_version


_ANSWERS: Mapping[Any, Callable[..., Any]] = MappingProxyType(
    {
        questions.columns_of_index: _columns_of_index,
        questions.constraint_of_index: _constraint_of_index,
        questions.included_in_index: _included_in_index,
        questions.indexes_on: _indexes_on,
        questions.kind: _kind,
        questions.most_rows: _most_rows,
        questions.table_of_index: _table_of_index,
        questions.types: _types,
        server_version: _server_version,
    }
)
_WITHOUT_NAMES = {questions.kind, questions.most_rows, questions.types, server_version}
"""The questions whose answers contain no names, so that hashed names do not matter."""
