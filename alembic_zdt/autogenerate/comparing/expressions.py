"""Expressions of the models, compared as the server spells them.

Alembic compares defaults only on request, of CHECK constraints only the names, and of
indexes only the columns.  So this module declares the models' expressions on empty
copies of the tables, which are rolled back, and compares the definitions that the
server returns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column, DefaultClause
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.autogenerate.changes.foreign import words_of
from alembic_zdt.autogenerate.comparing.model_definitions import Definitions
from alembic_zdt.autogenerate.comparing.projected_schema import (
    ProjectedSchema,
    ProjectedTable,
    is_of_workflow,
)
from alembic_zdt.autogenerate.found.hints import Key
from alembic_zdt.catalog import spellings
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import undone
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.calls.sql_text import DIALECT, sql_text
from alembic_zdt.operations.type_checks import is_created
from alembic_zdt.server_facts import PROBE

if TYPE_CHECKING:
    from sqlalchemy import Table

_AT_ONCE = 50


@dataclass
class Declared:
    """The expressions of one table, in the models and in the database.

    Attributes:
        model: the table of the models.
        seen: its future names.
        table: the table in the database.
        defaults: the columns' defaults in the models, as SQL.
        checks: the CHECK constraints of the models, with their conditions as SQL.
        present: the expressions of the database.
        spelled: the server's spelling of the models' expressions, where it has one.
        definitions: indexes, exclusion constraints and generated columns of the models.
    """

    model: Table
    seen: ProjectedTable
    table: QualifiedName
    defaults: dict[str, str]
    checks: list[tuple[CheckConstraint, str]]
    present: spellings.Expressions
    definitions: Definitions
    spelled: spellings.Expressions = field(default_factory=spellings.Expressions)

    @classmethod
    def of(
        cls, model: Table, seen: ProjectedTable, present: spellings.Expressions
    ) -> Declared:
        """Read the expressions of a table of the models."""
        table = QualifiedName(present.table, model.schema)
        defaults = {str(column.name): _default(column) for column in _columns(model)}
        checks = [(check, sql_text(check.sqltext)) for check in _checks(model)]
        definitions = Definitions.of(model, present)
        found = cls(model, seen, table, defaults, checks, present, definitions)
        found.spelled = found.spelled_alike()
        return found

    def spelled_alike(self) -> spellings.Expressions:
        """Return the expressions that the server obviously spells as the models do."""
        found = spellings.Expressions()
        if self.seen.columns:
            return found
        for name, default in self.defaults.items():
            there = self.present.defaults.get(name)
            if there is not None and _is_alike(default, there):
                found.defaults[name] = there
        known = {condition_of(each): each for each in self.present.checks.values()}
        for number, (_, condition) in enumerate(self.checks):
            if condition in known:
                found.checks[check_key(number)] = known[condition]
        return found

    def statements(self, copy: QualifiedName) -> Iterator[str]:
        """Yield the statements that prepare a copy of the table.

        They rename its columns, and declare on it the expressions of the models whose
        spelling by the server is not known yet.
        """
        for old, new in self.seen.columns.items():
            action = f"RENAME COLUMN {quote(old)} TO {quote(new)}"
            yield f"ALTER TABLE {copy.sql} {action}"
        for action in (*self._actions(), *self.definitions.actions(copy)):
            yield f"ALTER TABLE {copy.sql} {action}"
        yield from self.definitions.indexes_on(copy)

    def _actions(self) -> Iterator[str]:
        for name, default in self.defaults.items():
            if name not in self.spelled.defaults:
                yield f"ALTER COLUMN {quote(name)} SET DEFAULT {default}"
        for number, (_, condition) in enumerate(self.checks):
            name = check_key(number)
            if name not in self.spelled.checks:
                yield f"ADD CONSTRAINT {name} CHECK ({condition})"

    def is_hidden(self, name: str) -> bool:
        """Check whether the CHECK of the database belongs to a workflow."""
        return is_of_workflow(name)

    def mentioned_columns(self, condition: str) -> list[str]:
        """Return the columns of the models that a condition seems to mention."""
        words = words_of(condition)
        return [str(c.name) for c in self.model.c if c.name.lower() in words]

    def mentions_new_column(self, condition: str) -> bool:
        """Check whether a condition mentions a column that the table does not have."""
        words = words_of(condition)
        old = {self.seen.column(name) for name in self.present.columns}
        return any(c.name.lower() in words and c.name not in old for c in self.model.c)


def condition_of(definition: str) -> str:
    """Return the condition of a CHECK without the server's outer parentheses."""
    found = definition.removeprefix("CHECK (").removesuffix(" NO INHERIT")[:-1]
    is_in_more = found.startswith("(") and definition.endswith("))")
    return found[1:-1] if is_in_more else found


_TYPE = re.compile(r"::[a-z][a-z ]*")
_NUMBER = re.compile(r"'-?\d+'")


def _is_alike(default: str, there: str) -> bool:
    """Check without a query whether the server spells a default as the models do."""
    if default == there:
        return True
    if _NUMBER.fullmatch(default) and there == default[1:-1]:
        return True
    is_cast = there.startswith(default) and default.startswith("'")
    return is_cast and _TYPE.fullmatch(there, len(default)) is not None


def check_key(number: int) -> str:
    """Return the name that CHECK *number* of the models has on a copy of the table."""
    return f"zdt_check_{number}"


def _columns(model: Table) -> Iterator[Column[Any]]:
    for column in model.columns:
        if isinstance(column.server_default, DefaultClause):
            yield column


def _default(column: Column[Any]) -> str:
    compiler: Any = DIALECT.ddl_compiler
    compiler = compiler(DIALECT, None)
    return str(compiler.get_column_default_string(column))


def _checks(model: Table) -> Iterator[CheckConstraint]:
    found = (each for each in model.constraints if isinstance(each, CheckConstraint))
    yield from sorted(filter(is_created, found), key=lambda each: str(each.sqltext))


def declared(
    models: Sequence[Table],
    seen: ProjectedSchema,
    schema: str | None,
    database: Database,
) -> list[Declared]:
    """Return the expressions of the tables that both the models and the database have.

    Args:
        models: the tables of the models.
        seen: the future names.
        schema: the schema of tables that name none.
        database: a connection to it.
    """
    present = spellings.present(database)
    found = []
    for model in models:
        key: Key = (None if model.schema == schema else model.schema, str(model.name))
        real = seen.real_name(key)
        there = present.get((str(key[0] or schema), real))
        if there is not None:
            found.append(Declared.of(model, seen.shown((key[0], real)), there))
    asked = [each for each in found if any(each.statements(PROBE))]
    for first in range(0, len(asked), _AT_ONCE):
        _spell(asked[first : first + _AT_ONCE], database)
    return found


def _spell(tables: Sequence[Declared], database: Database) -> None:
    copies = [(each.table, each.statements) for each in tables]
    try:
        with undone(database):
            spelled = spellings.spelled(database, copies)
    except SQLAlchemyError:  # such as a read-only session
        return
    for each, more in zip(tables, spelled, strict=True):
        each.spelled.add(more)
