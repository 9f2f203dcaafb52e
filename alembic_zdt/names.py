"""Identifiers: quoted, qualified, and derived ones.

PostgreSQL keeps 63 *bytes* of a name and cuts the rest off silently.  So this module
shortens each derived name, with a hash at its end, and measures each name that a caller
gives.  https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from alembic_zdt.errors import IdentifierTooLongError

MAX_BYTES = 63
LONGEST_REVISION_ID = 32
"""Characters of ``version_num`` in the table that Alembic creates."""

PLACEHOLDER = "\ue000"
"""Prefix of a name that a script fills in when it runs, see ``EACH_LEAF``."""

IN_USER_SCHEMA = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
"""SQL that is true if the row ``n`` of pg_namespace is no system schema."""

SYNC_CHECK = "zdt_sync"
"""Prefix of the name of the CHECK of a window, and of the function of its trigger."""

SYNC_TRIGGER = "zzz_zdt_sync"
"""Prefix of the name of the trigger of a window, which must fire after all others."""

SYNC_FIRST = "!zdt_sync"
"""Prefix of the name of the trigger of a window that must fire before all others."""

SYNC_AGAIN = "!zdt_again"
"""Prefix of the name of the trigger that fires even before that, for rows in sync."""

SYNC_TRIGGERS = f"^({SYNC_TRIGGER}|{SYNC_FIRST}|{SYNC_AGAIN})_"
"""The regular expression for the names of all triggers of windows."""

COPY = "zdt_copy"
"""Prefix of the name of a copy on a twin, until the twin is alone."""

NUMBERS = "zdt_numbers"
"""Prefix of the name of the sequence of a column that becomes an identity."""

BASE = "zdt_base"
"""Prefix of the name of a table while a view has the table's own name."""

_PLAIN = re.compile(r"\A[a-z_][a-z0-9_]*\Z")
_HASH_LENGTH = 8

# pg_get_keywords() of PostgreSQL 14 to 18 without the unreserved ones: what
# quote_ident() quotes.  A test compares it with every server.
_KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between
    bigint binary bit boolean both case cast char character check coalesce
    collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp
    current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest
    group grouping having ilike in initially inner inout int integer intersect
    interval into is isnull join json json_array json_arrayagg json_exists
    json_object json_objectagg json_query json_scalar json_serialize json_table
    json_value lateral leading least left like limit localtime localtimestamp
    merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position
    precision primary real references returning right row select session_user
    setof similar smallint some substring symmetric system_user table tablesample
    then time timestamp to trailing treat trim true union unique user using
    values varchar variadic verbose when where window with xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
    xmlserialize xmltable
    """.split()  # noqa: SIM905  # one word a line would fill the file
)


def quote(name: str) -> str:
    """Return *name* as an SQL identifier, in double quotes only where needed."""
    if _PLAIN.match(name) and name not in _KEYWORDS:
        return str(name)
    return '"' + name.replace('"', '""') + '"'


def unquoted(identifier: str) -> str:
    """Return the name that an SQL identifier stands for."""
    if not identifier.startswith('"'):
        return identifier
    return identifier[1:-1].replace('""', '"')


def literal(value: str) -> str:
    """Return *value* as an SQL string constant."""
    text = value.replace("'", "''")
    if "\\" in text:
        return " E'" + text.replace("\\", "\\\\") + "'"
    return f"'{text}'"


def dollar_tag(text: str) -> str:
    """Return a dollar quote that does not occur in *text*."""
    tag, number = "$zdt$", 0
    while tag in text:
        number += 1
        tag = f"$zdt{number}$"
    return tag


def byte_length(name: str) -> int:
    """Return the length that counts for PostgreSQL."""
    return len(name.encode())


def checked(name: str, what: str) -> str:
    """Return *name* unchanged, or refuse it if PostgreSQL would shorten it.

    Raises:
        IdentifierTooLongError: it has more than 63 bytes.
    """
    if byte_length(name) <= MAX_BYTES or PLACEHOLDER in name:
        return name
    shorter = shortened(name)
    raise IdentifierTooLongError(
        f'{what} name "{name}" is too long',
        detail=f"It has {byte_length(name)} bytes; PostgreSQL keeps {MAX_BYTES} and "
        "would cut the rest off silently.",
        hint=f'Use a shorter name, for example "{shorter}".',
        name=name,
    )


def first_63_bytes(name: str) -> str:
    """Return what PostgreSQL keeps of a name."""
    return _first_bytes(name, MAX_BYTES)


def shortened(name: str) -> str:
    """Return *name*, or at most 63 bytes of it with a hash of the whole at the end."""
    if byte_length(name) <= MAX_BYTES or PLACEHOLDER in name:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{_first_bytes(name, MAX_BYTES - _HASH_LENGTH - 1)}_{digest}"


def derived(*parts: str) -> str:
    """Return a name made of *parts*, never over 63 bytes."""
    return shortened("_".join(parts))


def distinct(*parts: str, definition: str | None = None) -> str:
    """Return a name made of *parts*, with a hash that no other parts have.

    :func:`derived` gives ``a_b`` + ``c`` and ``a`` + ``b_c`` the same name.

    Args:
        parts: the parts of the name.
        definition: the definition of the object; only the hash at the end depends on
            it.
    """
    hashed = parts if definition is None else (*parts, definition)
    digest = hashlib.sha256(repr(hashed).encode()).hexdigest()[:_HASH_LENGTH]
    return f"{_first_bytes('_'.join(parts), MAX_BYTES - _HASH_LENGTH - 1)}_{digest}"


def _first_bytes(name: str, count: int) -> str:
    return name.encode()[:count].decode(errors="ignore")


def default_constraint_name(table: str, column: str, label: str) -> str:
    """Return the name that PostgreSQL would choose: ``<table>_<column>_<label>``.

    It is cut as makeObjectName() of the server does, the longer part first.
    """
    room = MAX_BYTES - len(label) - (2 if column else 1)
    first, second = table.encode(), column.encode()
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = (first.decode(errors="ignore"), second.decode(errors="ignore"), label)
    return "_".join(filter(None, parts))


@dataclass(frozen=True)
class QualifiedName:
    """A name with a schema, or without one if ``search_path`` finds it.

    Attributes:
        name: the bare name, unquoted.
        schema: the bare schema name, or None.
    """

    name: str
    schema: str | None = None

    def __post_init__(self) -> None:
        checked(self.name, "relation")
        if self.schema:
            checked(self.schema, "schema")
        elif self.schema is not None:  # SQLAlchemy treats "" as no schema
            object.__setattr__(self, "schema", None)

    @property
    def sql(self) -> str:
        """Return the name as it is written in a statement."""
        if self.schema is None:
            return quote(self.name)
        return f"{quote(self.schema)}.{quote(self.name)}"

    @property
    def regclass(self) -> str:
        """Return an SQL expression for the oid, NULL when there is no such relation."""
        return f"pg_catalog.to_regclass({literal(self.sql)})"

    @property
    def label(self) -> str:
        """Return the name as it is written in a message: unquoted, dotted."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    def sibling(self, name: str) -> QualifiedName:
        """Return another name in the same schema."""
        return QualifiedName(name, self.schema)
