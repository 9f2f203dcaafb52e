"""Changes of enum types: adding a value is an expand, all else is a contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.autogenerate.found.enum_values import FoundEnumValue, of_plugin
from alembic_zdt.phases import Phase


def changed(op: FoundEnumValue, _around: SchemaContext) -> Iterator[Change]:
    """Yield the change that adds or removes an enum value."""
    yield added(op)


def added(op: FoundEnumValue) -> Change:
    """Return the change that adds an enum value, or the one that removes it."""
    if not op.is_added and op.remove is not None:
        refused = _REMOVED.format(op.add.value)
        return Change(op.remove, (op.add,), Phase.CONTRACT, (refused,))
    note = () if op.remove else (_STAYS,)
    back = (op.remove,) if op.remove else ()
    return Change(op.add, back, Phase.EXPAND, note)


_REMOVED = (
    'It is refused while rows have the value "{}": pass replacement= to change them.'
)
_STAYS = (
    "The value stays after a downgrade, because several columns, or one with arrays, "
    "have the type."
)


def of_other_plugin(
    op: Any, context: SchemaContext, back: tuple[Any, ...]
) -> Iterator[Change]:
    """Yield the changes for an operation of alembic-postgresql-enum.

    An operation that does more than add values is kept as it is.
    """
    found = of_plugin(op, context.default_schema)
    if found is not None:
        yield from (added(each) for each in found)
        return
    yield Change(op, back, Phase.CONTRACT, (_REWRITES,), repeatable=False)


_REWRITES = (
    "It creates the type again and rewrites every table with such a column, and blocks "
    "all reads and writes meanwhile: on large tables use op.remove_enum_value() or "
    "op.expand_rename_enum_value() instead."
)
