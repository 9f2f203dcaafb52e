"""Tables and columns of the models, and the last revision that makes each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import MetaData

from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.stock import made_and_gone
from alembic_zdt.workflows.add_column.expand import ExpandAddColumnOp

_Name = tuple[str | None, str, str | None]
"""Schema, table and column, which is None for a table."""


class Models:
    """The models of an environment.

    Args:
        metadata: its ``target_metadata``.
        revisions: the operations of each revision, in the order of the revisions.
    """

    def __init__(
        self, metadata: MetaData | Sequence[MetaData], revisions: Iterable[list[Any]]
    ) -> None:
        each = [metadata] if isinstance(metadata, MetaData) else list(metadata)
        tables = [table for one in each for table in one.tables.values()]
        self._named: set[_Name] = set()
        for table in tables:
            place = (table.schema, table.name)
            self._named.add(_name(*place))
            self._named |= {_name(*place, column.name) for column in table.columns}
        self._made_last: dict[_Name, int] = {}
        for number, acts in enumerate(revisions):
            for act in acts:
                self._made_last |= dict.fromkeys(_made(act), number)

    def name(
        self, table: QualifiedName, column: str | None = None, *, after: int
    ) -> bool:
        """Check whether the models name the object and no later revision creates it."""
        own = _name(table.schema, table.name, column)
        whole = _name(table.schema, table.name)
        last = max(self._made_last.get(name, -1) for name in (own, whole))
        return own in self._named and last <= after


def _name(schema: str | None, table: str, column: str | None = None) -> _Name:
    return (None if schema == "public" else schema, str(table), column)


def _made(act: Any) -> Iterable[_Name]:
    tables, _gone = made_and_gone(act)
    yield from (_name(table.schema, table.name) for table in tables)
    if isinstance(act, ops.AddColumnOp):
        yield _name(act.schema, act.table_name, str(act.column.name))
    elif isinstance(act, ops.AlterColumnOp) and act.modify_name is not None:
        yield _name(act.schema, act.table_name, act.modify_name)
    elif isinstance(act, ExpandAddColumnOp):
        yield _name(act.table.schema, act.table.name, str(act.column.name))
