"""The safe calls for one of Alembic's, ready to paste.

They do all that the unsafe one does.  If a directive has no argument for a part of
it, a comment names that part, and no call is suggested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint, ForeignKey, __version__
from sqlalchemy.exc import ArgumentError

from alembic_zdt.autogenerate.changes.rewriting import changes_of
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.checks.sql.columns import UNIQUE_AS_SAID
from alembic_zdt.checks.sql.remainder import kept_beside
from alembic_zdt.errors import ZdtError
from alembic_zdt.names import default_constraint_name
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.written_call import written_call
from alembic_zdt.phases import Phase

_Call = tuple[Phase, str]

_UNNAMED = "zdt_unnamed"
"""Stands for a missing name, which the naming convention of the models gives."""

_UNNAMED_AS_WRITTEN = re.compile(rf"op\.f\('{_UNNAMED}'\)|'{_UNNAMED}'")


def instead_of(operation: Any) -> str:
    """Return the safe calls, one a line, with the phase if there are several.

    Return nothing if there are none: the reason of the check has the suggestion.
    Return a comment if no call does all of it.
    """
    lost = [*kept_beside(operation), *_without_argument(operation)]
    if lost:
        return _no_ready_call(lost)
    try:
        calls = list(_written_by_hand(operation)) or list(_as_autogenerate(operation))
    except ArgumentError as error:  # of an option that is newer than this SQLAlchemy
        return f"{NO_READY_CALL} SQLAlchemy {__version__} refuses it: {error}"
    calls.sort(key=lambda call: call[0])  # stable: what is made first comes first
    is_several = len({phase for phase, _ in calls}) > 1
    return "\n".join(
        f"{call}  # {phase.value}" if is_several else call for phase, call in calls
    )


def ready(operation: Any, call: str) -> str:
    """Return the call that a check has written, if it does all of the operation."""
    lost = kept_beside(operation)
    return _no_ready_call(lost) if lost else call


def _no_ready_call(lost: Sequence[str]) -> str:
    return f"{NO_READY_CALL} no directive has an argument for {', '.join(lost)}"


NO_READY_CALL = "# No ready call:"


def _without_argument(operation: Any) -> Iterator[str]:
    """Yield the parts of Alembic's call that no directive has an argument for."""
    match operation:
        case ops.AddColumnOp(column=column) if column.primary_key:
            yield "PRIMARY KEY"
        case ops.AlterColumnOp():
            changed = [
                words
                for name, (usual, words) in _CHANGES.items()
                if getattr(operation, name) is not usual
            ]
            if len(changed) > 1 and {"the name", "the type"} & set(changed):
                yield f"{' and '.join(changed)} in one call"


_CHANGES: dict[str, tuple[Any, str]] = {
    "modify_name": (None, "the name"),
    "modify_type": (None, "the type"),
    "modify_nullable": (None, "NOT NULL"),
    "modify_server_default": (False, "the default"),
    "modify_comment": (False, "the comment"),
}


def _as_autogenerate(operation: Any) -> Iterator[_Call]:
    """Yield the calls that autogenerate writes without a database."""
    if getattr(operation, "constraint_name", _UNNAMED) is None:
        named = copy(operation)
        named.constraint_name = _UNNAMED
        for phase, call in _as_autogenerate(named):
            yield phase, _UNNAMED_AS_WRITTEN.sub("None", call)
        return
    try:
        changes = changes_of([operation], [], SchemaContext())
    except (ZdtError, ValueError, NotImplementedError):  # too little is given
        return
    calls: dict[Phase, list[str]] = {}
    for change in changes:
        if isinstance(change.up, ZdtOperation):
            calls.setdefault(change.phase or Phase.EXPAND, []).append(change.up.call)
    for phase in sorted(calls):
        yield from ((phase, call) for call in calls[phase])


def _added_column(op: ops.AddColumnOp) -> Iterator[_Call]:
    """Yield the call for the column alone, then those for its index and constraints."""
    yield from _as_autogenerate(op)
    column, table = op.column, op.table_name
    where: dict[str, Any] = {"schema": op.schema}
    names = [str(column.name)]
    if column.index:  # SQLAlchemy makes one unique index of both
        name = f"ix_{table}_{names[0]}"
        unique = bool(column.unique)
        index = ops.CreateIndexOp(name, table, names, unique=unique, **where)
        yield from _as_autogenerate(index)
    elif column.unique:
        said = {"name": default_constraint_name(table, names[0], "key")}
        said |= column.info.get(UNIQUE_AS_SAID, {})
        name = said.pop("name")
        constraint = ops.CreateUniqueConstraintOp(name, table, names, **where, **said)
        yield from _unique(constraint)
    for check in column.constraints:
        if isinstance(check, CheckConstraint):
            name = str(check.name or default_constraint_name(table, names[0], "check"))
            stock = ops.CreateCheckConstraintOp(name, table, check.sqltext, **where)
            yield from _as_autogenerate(stock)
    for key in column.foreign_keys:
        yield from _as_autogenerate(_foreign_key(op, key))


def _foreign_key(op: ops.AddColumnOp, key: ForeignKey) -> ops.CreateForeignKeyOp:
    target, _, remote = key.target_fullname.rpartition(".")
    schema, _, referent = target.rpartition(".")
    default = default_constraint_name(op.table_name, str(op.column.name), "fkey")
    name = str(key.name or default)
    where = {"source_schema": op.schema, "referent_schema": schema or None}
    options = {name: getattr(key, name) for name in _OF_FOREIGN_KEY}
    columns = [str(op.column.name)]
    return ops.CreateForeignKeyOp(
        name, op.table_name, referent, columns, [remote], **where, **options
    )


_OF_FOREIGN_KEY = ("onupdate", "ondelete", "deferrable", "initially", "match")


def _unique(op: ops.CreateUniqueConstraintOp) -> Iterator[_Call]:
    """Yield the call, written here if SQLAlchemy lacks options of its index."""
    of_index = {name: op.kw[name] for name in _OF_INDEX if name in op.kw}
    if not of_index:
        yield from _as_autogenerate(op)
        return
    names = (op.constraint_name, op.table_name, list(op.columns))
    named = {"schema": op.schema} | op.kw
    call = written_call("create_unique_constraint_concurrently", names, named)
    yield Phase.EXPAND, call


_OF_INDEX = ("postgresql_tablespace", "postgresql_with")


def _written_by_hand(operation: Any) -> Iterator[_Call]:
    """Yield calls that autogenerate does not find, or finds only with the models."""
    write = _BY_HAND.get(type(operation))
    if write is not None:
        yield from write(operation)


def _altered(op: ops.AlterColumnOp) -> Iterator[_Call]:
    schema = {"schema": op.schema} if op.schema else {}
    if op.modify_name is not None:
        names = (op.table_name, op.column_name, op.modify_name)
        yield from _phases("rename_column", names, schema)
    elif op.modify_type is not None:
        names = (op.table_name, op.column_name, op.modify_type)
        using = op.kw.get("postgresql_using")
        named = {"using": using} if using else {}
        yield from _phases("alter_column_type", names, named | schema)


def _phases(
    what: str, names: tuple[Any, ...], named: dict[str, Any]
) -> Iterator[_Call]:
    for phase in Phase:
        yield phase, written_call(f"{phase.value}_{what}", names, named)


def _dropped_column(op: ops.DropColumnOp) -> Iterator[_Call]:
    named = {"schema": op.schema} if op.schema else {}
    names = (op.table_name, op.column_name)
    yield Phase.EXPAND, written_call("expand_drop_column", names, named)
    yield Phase.CONTRACT, written_call("contract_drop_column", names, named)


def _dropped_index(op: ops.DropIndexOp) -> Iterator[_Call]:
    named = {"schema": op.schema} if op.schema else {}
    names = (str(op.index_name), *([op.table_name] if op.table_name else []))
    yield Phase.EXPAND, written_call("drop_index_concurrently", names, named)


_BY_HAND: dict[type[Any], Callable[[Any], Iterator[_Call]]] = {
    ops.AddColumnOp: _added_column,
    ops.AlterColumnOp: _altered,
    ops.CreateUniqueConstraintOp: _unique,
    ops.DropColumnOp: _dropped_column,
    ops.DropIndexOp: _dropped_index,
}
