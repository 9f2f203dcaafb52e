"""The common base of the directives that build an index.

The options of an index are written once.  In the signature and in the documentation of
each directive they are listed one by one.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, TextClause

from alembic_zdt.operations.base import TableOperation
from alembic_zdt.operations.indexes.index_ddl import IndexSpec, set_options
from alembic_zdt.operations.indexes.index_steps import canonical_question
from alembic_zdt.server_facts import Question, TableQuestion


def index_options(
    *,
    postgresql_include: Sequence[str] | None = None,
    postgresql_nulls_not_distinct: bool | None = None,
    postgresql_ops: Mapping[str, str] | None = None,
    postgresql_tablespace: str | None = None,
    postgresql_using: str | None = None,
    postgresql_where: str | ColumnElement[bool] | TextClause | None = None,
    postgresql_with: Mapping[str, str | float] | None = None,
) -> dict[str, Any]:
    """Return the options of an index that the caller has given."""
    return set_options(**locals())


def with_index_options(directive: Callable[..., None]) -> Callable[..., None]:
    """Let the signature of a directive list its ``**options``, after ``unique``."""
    own = inspect.signature(directive)
    options = inspect.signature(index_options).parameters
    *named, _ = own.parameters.items()
    at = [name for name, _ in named].index("unique") + 1
    listed = dict([*named[:at], *options.items(), *named[at:]])
    shown = own.replace(parameters=list(listed.values()))
    setattr(directive, "__signature__", shown)  # noqa: B010  # functions declare none
    return directive


class BuiltIndexOp(TableOperation):
    """An operation that builds an index.

    Args:
        index_name: its name; None for the metadata's naming convention.
        columns: column names, ``sa.text()`` or SQL expressions.
        postgresql_include: columns that the index stores in addition to its key.
        postgresql_nulls_not_distinct: whether NULLs count as equal (15+).
        postgresql_ops: operator classes, by column name or label.
        postgresql_tablespace: its tablespace.
        postgresql_using: its access method, such as ``gin``; default: ``btree``.
        postgresql_where: the condition of a partial index.
        postgresql_with: storage parameters, such as ``{"fillfactor": 70}``.
    """

    builds_index = True
    ends_queued_calls = True

    def __init__(self, spec: IndexSpec) -> None:
        self.spec, self.table = spec, spec.table

    @property
    def name(self) -> str:
        """Return the name of the index."""
        return str(self.spec.name)

    @property
    def queue_object(self) -> str:
        """Return the name of the index."""
        return self.table.sibling(self.name).label

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the caller's call."""
        return self.spec.arguments()

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions about the table and the spelling of the index."""
        return TableQuestion(self.table), canonical_question(self.spec)
