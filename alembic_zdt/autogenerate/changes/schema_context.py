"""Facts about one database and all its changes, for the conversion of each change."""

from __future__ import annotations

import logging
from collections import UserDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from alembic_zdt.catalog.lookup import answer
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.phases import Phase
from alembic_zdt.runner.reading import end_reading
from alembic_zdt.runner.side_connection import Watcher
from alembic_zdt.server_facts import Question, TableQuestion

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

Answer = TypeVar("Answer")


class PhasesOfColumns(UserDict[tuple[QualifiedName, str], Phase]):
    """The phase in which each column appears, which can be looked up by table."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Phase]] = {}
        super().__init__()

    def __setitem__(self, key: tuple[QualifiedName, str], phase: Phase) -> None:
        """Set the phase of a column."""
        super().__setitem__(key, phase)
        self._of.setdefault(key[0].name, {})[key[1]] = phase

    def of(self, table: str) -> Iterable[tuple[str, Phase]]:
        """Return the columns of the tables of this name, in any schema."""
        return self._of.get(table, {}).items()


@dataclass
class SchemaContext:
    """Facts that the conversion of one database's changes needs.

    Attributes:
        database: a connection to it, None if there is none.
        default_schema: schema of tables that name none.
        made: the tables that are created.
        gone: tables that are dropped.
        new_columns: columns that are added to existing tables, with their phase.
        candidates: possible new names of each dropped column and table.
        backfills: values that columns get before they become NOT NULL, by table and
            column.
        renamed_columns: columns that are renamed, by table and new name.
        retyped_columns: columns that get another type in phases.
        chosen_names: names chosen for constraints that have none, by table.
        present_names: present names of tables that are renamed, by new name.
    """

    database: Database | None = None
    default_schema: str | None = None
    made: set[QualifiedName] = field(default_factory=set)
    gone: set[QualifiedName] = field(default_factory=set)
    new_columns: PhasesOfColumns = field(default_factory=PhasesOfColumns)
    candidates: dict[str, list[str]] = field(default_factory=dict)
    backfills: dict[tuple[QualifiedName, str], str] = field(default_factory=dict)
    renamed_columns: PhasesOfColumns = field(default_factory=PhasesOfColumns)
    retyped_columns: PhasesOfColumns = field(default_factory=PhasesOfColumns)
    chosen_names: dict[QualifiedName, list[str]] = field(default_factory=dict)
    present_names: dict[QualifiedName, QualifiedName] = field(default_factory=dict)

    def ask(self, question: Question[Answer]) -> Answer | None:
        """Return the server's answer, None if it has none or cannot be asked."""
        if self.database is None:
            return None
        asked: Any = question
        if asked.table in self.present_names:
            asked = replace(asked, table=self.present_names[asked.table])
        found: Answer | None = answer(asked, self.database)
        return found

    def is_partitioned(self, table: QualifiedName) -> bool:
        """Check whether the server knows the table as a partitioned one."""
        facts = self.ask(TableQuestion(table))
        return facts is not None and facts.is_partitioned

    def name_of_its_own(self, table: QualifiedName, name: str) -> str:
        """Return the name; if it is taken, with the number that PostgreSQL adds."""
        taken = self.chosen_names.setdefault(table, [])
        taken.append(name)
        number = taken.count(name) - 1
        return type(name)(f"{name}{number}") if number else name

    def are_new(self, table: QualifiedName, columns: Any) -> bool:
        """Check whether all these columns are new, so that no old code uses them."""
        return all((table, str(column)) in self.new_columns for column in columns)


def name_of(op: Any) -> QualifiedName:
    """Return the table of a stock operation."""
    return QualifiedName(str(op.table_name), op.schema)


@contextmanager
def schema_context(context: MigrationContext) -> Iterator[SchemaContext]:
    """Open a second connection for questions, and yield the facts that use it.

    Trials begin and end transactions, so they need a connection of their own.  Without
    one, each change that may be expensive counts as expensive.
    """
    connection = context.connection
    if connection is None:
        yield SchemaContext()
        return
    path = connection.exec_driver_sql(
        "SELECT pg_catalog.current_setting('search_path')"
    )
    search_path = literal(str(path.scalar()))
    end_reading(context)
    default = context.dialect.default_schema_name
    with ExitStack() as stack:
        try:
            database = stack.enter_context(Watcher(connection).database())
            database.execute(
                f"SELECT pg_catalog.set_config('search_path', {search_path}, false)"
            )
        except Exception as error:  # noqa: BLE001  # each driver refuses in its own way
            log.warning("cannot ask the server which changes are free: %s", error)
            yield SchemaContext(default_schema=default)
            return
        yield SchemaContext(database, default)
