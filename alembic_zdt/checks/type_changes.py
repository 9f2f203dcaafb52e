"""Changes of a column's type for which PostgreSQL does not rewrite the table.

``tools/type_changes.py`` measures them for each pair of built-in types on real servers.
A change with a CHECK, a foreign key or an index that depends on the column may still
read the table.
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy.types import NullType

from alembic_zdt.checks.actions import type_change
from alembic_zdt.checks.sql.parsing import UnreadableError, statements
from alembic_zdt.checks.sql.sql_types import type_of
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.columns.column_types import spelled_kind
from alembic_zdt.oracle import questions
from alembic_zdt.recording.import_stubs import Nothing

if TYPE_CHECKING:
    from alembic_zdt.checks.context import CheckContext

_TYPE = re.compile(
    r"\A(?P<start>[A-Z0-9_\". ]{0,200}?)\s{0,9}(?:\((?P<sizes>[-\d\s,]++)\))?"
    r"(?P<end>(?: [A-Z ]{1,99})?)(?P<array>(?:\[\])*)(?P<collate> COLLATE .+)?",
    re.ASCII,
)
_FAMILIES = {
    "BIGINT": "INT8",
    "BIT VARYING": "VARBIT",
    "BOOLEAN": "BOOL",
    "CHAR": "BPCHAR",
    "CHARACTER": "BPCHAR",
    "CHARACTER VARYING": "VARCHAR",
    "DECIMAL": "NUMERIC",
    "DOUBLE PRECISION": "FLOAT8",
    "INT": "INT4",
    "INTEGER": "INT4",
    "REAL": "FLOAT4",
    "SMALLINT": "INT2",
    "TIME WITH TIME ZONE": "TIMETZ",
    "TIME WITHOUT TIME ZONE": "TIME",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
}
_OF_ONE = {"BIT", "BPCHAR"}
"""Types whose size is 1 where none is given."""

_SHORTEST_DOUBLE = 25
"""The first precision of FLOAT that is stored as double precision."""


def is_free(op: ops.AlterColumnOp, context: CheckContext | None) -> bool:
    """Check whether a type change only writes the catalog.

    A database decides, if there is one.

    Args:
        op: the operation that changes the type.
        context: the facts around it, None if there are none.
    """
    table = QualifiedName(op.table_name, op.schema or None)
    if context is not None and context.oracle is not None:
        effect = context.effect(table, type_change(op))
        if effect is not None:
            column = op.column_name
            return effect.is_short and not context.ask(
                questions.is_in_foreign_key, table, column
            )
    return _seems_free(op, table, context)


def _seems_free(
    op: ops.AlterColumnOp, table: QualifiedName, context: CheckContext | None
) -> bool:
    """Check from the call and earlier revisions whether only the catalog changes."""
    if op.kw.get("postgresql_using") and not is_plain_cast(op):
        return False
    known = context.known.table(table) if context is not None else None
    old = type_before(op, context)
    if old is None or op.modify_type is None:
        return False
    change = (spelled_kind(old), spelled_kind(op.modify_type))
    if change[0] == change[1]:
        return True
    kept = keeps_file(*change)
    if kept is None or (
        known is not None and known.scans_on_type_change(op.column_name)
    ):
        return False
    # Without the revision that made the table its indexes are unknown.
    if kept or known is None or not known.is_complete:
        return kept
    return not known.is_indexed(op.column_name)


def type_before(op: ops.AlterColumnOp, context: CheckContext | None) -> Any:
    """Return the type of the column before the operation, None if it is unknown.

    A type from earlier revisions counts more than ``existing_type=``: PostgreSQL does
    not read that argument, so a wrong type in it does not fail.
    """
    given: Any = op.existing_type
    if context is None:
        return given
    table = QualifiedName(op.table_name, op.schema or None)
    made = context.known.table(table).types.get(op.column_name)
    if made is None or isinstance(made, NullType | Nothing):
        return given
    is_same = given is not None and spelled_kind(given) == spelled_kind(made)
    return given if is_same else made


def keeps_file(old: str, new: str) -> bool | None:
    """Return True if a change keeps table and indexes, False if only the table.

    Return None if it rewrites the table, or if that is unknown.

    Args:
        old: the type, as SQL writes it.
        new: the type afterwards.
    """
    key = key_of(old, new)
    return None if key is None else _measured().get(key)


@cache
def _measured() -> dict[str, bool]:
    """Return the changes that do not rewrite the table, and if they keep indexes."""
    file = resources.files(__package__) / "type_changes.json"
    found: dict[str, bool] = json.loads(file.read_text(encoding="utf-8"))["keeps_file"]
    return found


def key_of(old: str, new: str) -> str | None:
    """Return the kind of the change: both types, and how their sizes compare."""
    first, second = _parts(old), _parts(new)
    if first is None or second is None or first[2] != second[2]:
        return None
    return f"{first[0]} to {second[0]}{_compared(first[1], second[1])}"


def _parts(kind: str) -> tuple[str, tuple[int, ...], str] | None:
    """Return the family, the sizes and the collation of a type."""
    match = _TYPE.fullmatch(kind.upper())
    if match is None:
        return None
    words = f"{match['start']}{match['end'] or ''}".strip()
    sizes = tuple(int(each) for each in (match["sizes"] or "").split(",") if each)
    if words == "FLOAT":
        is_double = not sizes or sizes[0] >= _SHORTEST_DOUBLE
        words, sizes = ("FLOAT8" if is_double else "FLOAT4"), ()
    family = _FAMILIES.get(words, words)
    if family in _OF_ONE and not sizes:
        sizes = (1,)
    if family == "NUMERIC" and len(sizes) == 1:
        sizes = (*sizes, 0)
    return f"{family}{match['array']}", sizes, match["collate"] or ""


def _compared(old: tuple[int, ...], new: tuple[int, ...]) -> str:
    if not old or not new:
        return {(False, True): ", size given", (True, False): ", size dropped"}.get(
            (bool(old), bool(new)), ""
        )
    if old == new:
        return ", same size"
    if old[1:] != new[1:]:
        return ", other scale"
    return ", longer" if new > old else ", shorter"


def is_plain_cast(op: ops.AlterColumnOp) -> bool:
    """Check whether USING is the column, or a cast of it to the new type."""
    try:
        (select,) = statements(f"SELECT {op.kw['postgresql_using']}")
    except (UnreadableError, ValueError):
        return False
    value = select.target_list[0].res_target.val
    if value.WhichOneof("node") == "type_cast":
        cast = value.type_cast
        if spelled_kind(type_of(cast.type_name)) != spelled_kind(op.modify_type):
            return False
        value = cast.arg
    fields = value.column_ref.fields
    return len(fields) == 1 and fields[0].string.sval == op.column_name
