"""What the changes of one database have around them: its tables, and the server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.survey import answer
from alembic_zdt.facts import Question, TableQuestion
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.phases import Phase
from alembic_zdt.runner.beside import Watcher
from alembic_zdt.runner.reading import end_reading

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

Answer = TypeVar("Answer")


@dataclass
class Surroundings:
    """What is known while one database's changes are written.

    Attributes:
        database: a connection to it, None when there is none.
        default_schema: that of tables without one.
        made: the tables that are made.
        gone: the tables that are dropped.
        new_columns: the columns that are added to tables that are there, and when.
        candidates: for each column and table that goes, what it could be called now.
        backfills: with what columns are filled before they become NOT NULL, by table
            and column.
        renamed_columns: the columns that get another name, by that.
        chosen_names: those that constraints without one have got, by table.
        present_names: what tables that get another name are called until then.
    """

    database: Database | None = None
    default_schema: str | None = None
    made: set[QualifiedName] = field(default_factory=set)
    gone: set[QualifiedName] = field(default_factory=set)
    new_columns: dict[tuple[QualifiedName, str], Phase] = field(default_factory=dict)
    candidates: dict[str, list[str]] = field(default_factory=dict)
    backfills: dict[tuple[QualifiedName, str], str] = field(default_factory=dict)
    renamed_columns: set[tuple[QualifiedName, str]] = field(default_factory=set)
    chosen_names: dict[QualifiedName, list[str]] = field(default_factory=dict)
    present_names: dict[QualifiedName, QualifiedName] = field(default_factory=dict)

    def ask(self, question: Question[Answer]) -> Answer | None:
        """The answer of the server, None when it has none or cannot be asked."""
        if self.database is None:
            return None
        asked: Any = question
        if asked.table in self.present_names:
            asked = replace(asked, table=self.present_names[asked.table])
        found: Answer | None = answer(asked, self.database)
        return found

    def is_partitioned(self, table: QualifiedName) -> bool:
        """Whether the rows of the table are in partitions."""
        facts = self.ask(TableQuestion(table))
        return facts is not None and facts.is_partitioned

    def name_of_its_own(self, table: QualifiedName, name: str) -> str:
        """The name, with a number if it was chosen before, as the server numbers."""
        taken = self.chosen_names.setdefault(table, [])
        taken.append(name)
        number = taken.count(name) - 1
        return type(name)(f"{name}{number}") if number else name

    def are_new(self, table: QualifiedName, columns: Any) -> bool:
        """Whether no code that is running knows these columns."""
        return all((table, str(column)) in self.new_columns for column in columns)


def name_of(op: Any) -> QualifiedName:
    """The table of a stock operation."""
    return QualifiedName(str(op.table_name), op.schema)


@contextmanager
def surroundings(context: MigrationContext) -> Iterator[Surroundings]:
    """Ask over a connection of our own: trials begin and end transactions.

    Where there can be none, what costs something is taken for what costs much.
    """
    connection = context.connection
    if connection is None:
        yield Surroundings()
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
            log.warning("the server cannot be asked what is free: %s", error)
            yield Surroundings(default_schema=default)
            return
        yield Surroundings(database, default)
