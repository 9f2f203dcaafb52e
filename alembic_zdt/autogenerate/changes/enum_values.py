"""Changes of enum types: added values expand, everything else is a contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic_zdt.autogenerate.changes.change import Change
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext
from alembic_zdt.autogenerate.found.enum_values import FoundEnumValue, of_plugin
from alembic_zdt.phases import Phase


def added(op: FoundEnumValue) -> Change:
    """Return the change that adds the value, in the expand phase."""
    note = () if op.remove else (_STAYS,)
    back = (op.remove,) if op.remove else ()
    return Change(op.add, back, Phase.EXPAND, note)


_STAYS = (
    "More than one column has the type, or one an array of it, so the value stays when "
    "the revision is taken back."
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
    "It makes the type anew and writes every table with such a column anew, while "
    "nobody can read or write it: on large tables take op.remove_enum_value() or "
    "op.expand_rename_enum_value() instead."
)
