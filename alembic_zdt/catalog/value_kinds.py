"""Compare what two types can hold, to find conversions that lose something.

An explicit cast cuts a text to the length of the new type, and rounds numbers and
times, without an error.
https://www.postgresql.org/docs/current/catalog-pg-type.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal, quote

# pg_type.typcategory: times, network addresses, numbers, texts, time spans, bits.
_COMPARED = frozenset("DINSTV")
_PRECISION = 6  # of times that have none
# How SQL names builtin types, in addition to the names in pg_type.
_NAMES = {
    "bigint": "int8",
    "bit varying": "varbit",
    "char": "bpchar",
    "character": "bpchar",
    "character varying": "varchar",
    "decimal": "numeric",
    "double precision": "float8",
    "float": "float8",
    "int": "int4",
    "integer": "int4",
    "real": "float4",
    "smallint": "int2",
    "time with time zone": "timetz",
    "timestamp with time zone": "timestamptz",
}
_CATEGORIES = {
    "D": ["date", "time", "timestamp", "timestamptz", "timetz"],
    "N": ["float4", "float8", "int2", "int4", "int8", "numeric"],
    "S": ["bpchar", "text", "varchar"],
    "T": ["interval"],
    "V": ["bit", "varbit"],
}
# Types that hold each value of another one.
_WIDER = {
    "bit": "varbit",
    "bpchar": "text varchar",
    "cidr": "inet",
    "date": "timestamp",
    "float4": "float8",
    "int2": "float4 float8 int4 int8 numeric",
    "int4": "float8 int8 numeric",
    "int8": "numeric",
    "name": "text varchar",
    "text": "varchar",
    "varchar": "text",
}
_INTEGERS = {"int2": 16, "int4": 32, "int8": 64}  # bits
_GRAMMAR = frozenset({"bit", "interval", "numeric", "time", "timestamp"})
_SPELLED = re.compile(
    r"\A(?P<name>[a-z][a-z0-9]*+(?: ++(?!with(?:out)? time zone\b)[a-z0-9]++)*+)\s*+"
    r"(?P<limits>\([\d, -]++\))?\s*+"
    r"(?P<zone>(?:with|without) time zone)?\s*+(?P<array>(?:\[\])*+)\Z"
)
_FIELDS = re.compile(r"interval\s+(year|month|day|hour|minute|second)")
_LIMITS = re.compile(r"\(([\d, -]+)\)")


@dataclass(frozen=True)
class ValueKind:
    """A type, or the element type of an array.

    Attributes:
        bare: the type without a length, a precision or a domain, as SQL.
        name: its name in pg_type, empty for users' types.
        category: its ``pg_type.typcategory``.
        has_collation: whether its values are compared by a collation.
        spelled: the type with its length, empty without any.
    """

    bare: str
    name: str
    category: str
    has_collation: bool
    spelled: str = ""

    @property
    def sql(self) -> str:
        """Return the type with its length, as SQL."""
        return self.spelled or self.bare

    @property
    def is_limited(self) -> bool:
        """Check whether it has a length, a precision or fields."""
        return bool(self.spelled)

    @property
    def limits(self) -> tuple[int, ...]:
        """Return the numbers in parentheses, or the default precision of a time."""
        found = _LIMITS.search(self.spelled)
        if found:
            return tuple(int(number) for number in found[1].split(","))
        is_precise = self.category in "DT" and self.name != "date"
        return (_PRECISION,) if is_precise and not self.is_limited else ()

    @property
    def zone(self) -> str:
        """Return ``with`` or ``without`` time zone, empty for a type of no time."""
        if self.category != "D":
            return ""
        return "with" if self.name.endswith("tz") else "without"

    @property
    def is_array(self) -> bool:
        """Check whether it is an array."""
        return self.bare.endswith("[]")

    def value(self, value: str) -> str:
        """Build the SQL of a value for a comparison."""
        cast = f"CAST({value} AS {self.bare})"
        return f'{cast} COLLATE pg_catalog."C"' if self.has_collation else cast


def kept(old: ValueKind, new: ValueKind, value: str, converted: str) -> str:
    """Build SQL that is true if a conversion lost nothing; empty if it cannot lose any.

    A conversion between kinds of types, such as text to number, parses the value.  It
    cuts nothing, unless the new type has a length.

    Args:
        old: the type of *value*.
        new: the type of *converted*.
        value: SQL for the value.
        converted: SQL for the converted value.
    """
    compared = []
    if not _holds_all(new, old):
        compared += [new] if new.is_limited else []
        is_alike = old.category == new.category and new.category in _COMPARED
        is_other = old.name != new.name and not _is_wider(new, old)
        compared += [old] if is_alike and is_other else []
    # By the types' own equality, which no search_path can change.
    parts = (
        f"pg_catalog.record_eq(ROW({kind.value(value)}), ROW({kind.value(converted)}))"
        for kind in compared
    )
    return " AND ".join(parts)


def _is_wider(new: ValueKind, old: ValueKind) -> bool:
    return new.name in _WIDER.get(old.name, "").split()


def _holds_all(new: ValueKind, old: ValueKind) -> bool:
    is_same = old.name == new.name and bool(new.name)
    if {old.name, new.name} <= _INTEGERS.keys():  # too large a number is an error
        return True
    if not (is_same or _is_wider(new, old)):
        return False
    if not new.is_limited or old.spelled == new.spelled:
        return True
    if new.name == "numeric":
        return not is_same or (bool(old.limits) and _scale(new) >= _scale(old))
    if not old.limits or not new.limits:
        return old.category in ("N", "D")
    return new.limits >= old.limits and new.name != "bit"


def _scale(kind: ValueKind) -> int:
    return kind.limits[1] if len(kind.limits) > 1 else 0


def out_of_range(old: ValueKind, new: ValueKind, value: str) -> str:
    """Build SQL that is true if a number is too large, empty if that is unknown.

    The server refuses such a number, but does not name it.
    """
    if old.name not in _CATEGORIES["N"] or old.is_array or new.is_array:
        return ""
    number = f"CAST({value} AS pg_catalog.numeric)"
    if new.name in _INTEGERS:
        most = 2 ** (_INTEGERS[new.name] - 1)
        is_less = f"{number} OPERATOR(pg_catalog.<) -{most}"
        return f"({is_less} OR {number} OPERATOR(pg_catalog.>=) {most})"
    if new.name != "numeric" or not new.limits:
        return ""
    scale = _scale(new)
    rounded = f"pg_catalog.abs(pg_catalog.round({number}, {scale}))"
    is_number = f"{number} OPERATOR(pg_catalog.<>) 'NaN'"
    most = 10 ** (new.limits[0] - scale)
    return f"({is_number} AND {rounded} OPERATOR(pg_catalog.>=) {most})"


def needs_zone(old: ValueKind, new: ValueKind) -> bool:
    """Check whether a conversion depends on the time zone of the session."""
    is_text = "S" in (old.category, new.category)
    return {old.zone, new.zone} == {"with", "" if is_text else "without"}


def kind_of_sql(type_: str) -> ValueKind | None:
    """Return the kind of a builtin type, None if its SQL alone does not tell the type.

    Args:
        type_: the type, as it is written in SQL.
    """
    text = type_.lower().replace('"', "").removeprefix("pg_catalog.")
    fields = _FIELDS.match(text)
    found = _SPELLED.match("interval" if fields else text)
    if found is None:
        return None
    zone = " with time zone" if (found["zone"] or "").startswith("with ") else ""
    name = _NAMES.get(f"{found['name']}{zone}", found["name"])
    category = next((c for c, names in _CATEGORIES.items() if name in names), "")
    # A bare char or bit is one of one; SQLAlchemy writes a float without digits.
    is_one = found["name"] in ("char", "character", "bit") and not found["limits"]
    is_limited = found["limits"] or fields or is_one
    if not category or (name == "float8" and is_limited):
        return None
    array = "[]" if found["array"] else ""
    return ValueKind(
        f"pg_catalog.{quote(name) if name in _GRAMMAR else name}{array}",
        name,
        category,
        category == "S",
        (f"{text}(1)" if is_one else text) if is_limited else "",
    )


def kind_of_column(
    database: Database, table: QualifiedName, column: str
) -> ValueKind | None:
    """Return the kind of a column, None when there is no such column."""
    type_ = (
        "pg_catalog.format_type(CASE WHEN i.oid IS NULL THEN b.oid ELSE x.typarray END"
    )
    limit = "greatest(b.mod, i.mod)"
    found = database.rows(
        "SELECT * FROM (WITH RECURSIVE column_type AS (SELECT a.atttypid AS oid,"
        " a.atttypmod AS mod FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        " AND NOT a.attisdropped),"
        f" {_base('base', 'column_type')},"
        " element AS (SELECT e.oid, b.mod FROM base b JOIN pg_catalog.pg_type t"
        " ON t.oid = b.oid JOIN pg_catalog.pg_type e ON e.oid = t.typelem"
        " WHERE t.typcategory = 'A'),"
        f" {_base('item', 'element')}"
        f" SELECT {type_}, -1), CASE WHEN x.typnamespace ="
        " 'pg_catalog'::regnamespace THEN x.typname::text ELSE '' END,"
        # "char", a text of one byte, is of another category since 15.
        " CASE WHEN x.oid = '\"char\"'::regtype THEN 'S' ELSE x.typcategory::text END,"
        " x.typcollation <> 0,"
        f" CASE WHEN {limit} >= 0 THEN {type_}, {limit}) ELSE '' END"
        " FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype <> 'd'"
        " LEFT JOIN item i ON EXISTS (SELECT FROM pg_catalog.pg_type y"
        " WHERE y.oid = i.oid AND y.typtype <> 'd')"
        " JOIN pg_catalog.pg_type x ON x.oid = coalesce(i.oid, b.oid)) kind"
    )
    return ValueKind(*found[0]) if found else None


def _base(name: str, source: str) -> str:
    """Build a CTE that goes from a domain to its base type."""
    return (
        f"{name} AS (SELECT oid, mod FROM {source} UNION ALL"
        f" SELECT t.typbasetype, greatest({name}.mod, t.typtypmod) FROM {name}"
        f" JOIN pg_catalog.pg_type t ON t.oid = {name}.oid AND t.typtype = 'd')"
    )
