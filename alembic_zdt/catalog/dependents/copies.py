"""The copies of indexes and constraints that are made on a twin.

https://www.postgresql.org/docs/current/catalog-pg-index.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.catalog import lookup
from alembic_zdt.catalog.dependents.foreign_keys import DependentKey, standing_keys
from alembic_zdt.connection.database import Database
from alembic_zdt.names import COPY, QualifiedName, literal
from alembic_zdt.server_facts import Question


@dataclass(frozen=True)
class Copy:
    """An index or a constraint that this package has made on a twin.

    Attributes:
        kind: ``index``, ``check`` or ``key``.
        name: its name.
        key: the foreign key, if it is one.
    """

    kind: str
    name: str
    key: DependentKey | None = None


@dataclass(frozen=True)
class Copies(Question[tuple[Copy, ...]]):
    """Which copies has this package made on the twin so far?"""

    table: QualifiedName
    twin: str


@lookup.answer.register
def _(question: Copies, database: Database) -> tuple[Copy, ...]:
    table, twin = question.table, question.twin
    column = (
        " JOIN pg_catalog.pg_attribute a ON a.attrelid ="
        f" {table.regclass} AND a.attname = {literal(twin)}"
    )
    rows = database.rows(
        "SELECT DISTINCT 'index', c.relname::text FROM pg_catalog.pg_index i"
        f" JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid{column}"
        " JOIN pg_catalog.pg_depend d ON d.objid = i.indexrelid"
        " AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum"
        f" WHERE i.indrelid = a.attrelid AND c.relname ~ '^{COPY}_'"
        " UNION ALL SELECT 'check', k.conname::text FROM pg_catalog.pg_constraint k"
        f"{column} WHERE k.conrelid = a.attrelid AND k.contype = 'c'"
        f" AND a.attnum = ANY (k.conkey) AND k.conname ~ '^{COPY}_' ORDER BY 1, 2"
    )
    keys = standing_keys(database, table, twin, copies=True)
    found = [Copy(kind, name) for kind, name in rows]
    return (*found, *(Copy("key", key.name, key) for key in keys))
