"""The objects that depend on a column, and are dropped with it.

https://www.postgresql.org/docs/current/catalog-pg-depend.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.catalog import constraint, lookup
from alembic_zdt.catalog.column_copy import settings_of
from alembic_zdt.catalog.dependents.column_indexes import (
    DependentIndex,
    is_theirs,
    standing_indexes,
)
from alembic_zdt.catalog.dependents.extended_statistics import (
    DependentStatistics,
    standing_statistics,
)
from alembic_zdt.catalog.dependents.foreign_keys import DependentKey, standing_keys
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.qualified import qualified
from alembic_zdt.server_facts import ColumnQuestion


@dataclass(frozen=True)
class DependentCheck:
    """A CHECK constraint that names the column.

    Attributes:
        name: its name.
        definition: ``CHECK (...)`` with its options, without NOT VALID.
        is_validated: whether it is proven.
        comment: the comment on the object.
        is_alone: whether it names no other column.
    """

    name: str
    definition: str
    is_validated: bool
    comment: str | None = None
    is_alone: bool = True


@dataclass(frozen=True)
class Generator:
    """The sequence that gives the column its values.

    Attributes:
        name: the name of the sequence.
        identity: ``pg_attribute.attidentity``, empty if the column only owns it.
        options: the options of an identity as they are written, without the type's
            defaults.
        increment: the difference between two values.
        follows_type: whether it has the type of the column.
        comment: the comment on the object.
    """

    name: QualifiedName
    identity: str
    options: str
    increment: int
    follows_type: bool
    comment: str | None = None

    @property
    def generated(self) -> str:
        """Return the beginning of the column's identity clause."""
        always = "ALWAYS" if self.identity == "a" else "BY DEFAULT"
        return f"GENERATED {always}"


@dataclass(frozen=True)
class Dependents:
    """The properties of a column, and the objects on it.

    Attributes:
        not_null: whether it is NOT NULL.
        not_null_name: the name of the NOT NULL constraint (18 and newer), empty when
            there is none.
        default: an SQL expression, empty when there is none.
        comment: the comment on the column.
        settings: the settings of ALTER COLUMN, such as ``SET STATISTICS 500``.
        generator: the sequence that gives it values.
        indexes: the valid indexes.
        checks: the checks that name it.
        keys: the foreign keys to which it belongs, on either end.
        statistics: the extended statistics to which it belongs.
    """

    not_null: bool
    not_null_name: str = ""
    default: str = ""
    comment: str | None = None
    settings: tuple[str, ...] = ()
    generator: Generator | None = None
    indexes: tuple[DependentIndex, ...] = ()
    checks: tuple[DependentCheck, ...] = ()
    keys: tuple[DependentKey, ...] = ()
    statistics: tuple[DependentStatistics, ...] = ()

    @property
    def names_of_constraints(self) -> set[str]:
        """Return the names of constraints that have an index."""
        return {index.name for index in self.indexes if index.constraint}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all objects on the column, except foreign keys."""
        own = (self.generator.name.name,) if self.generator else ()
        not_null = (self.not_null_name,) if self.not_null_name else ()
        statistics = (s.name.name for s in self.statistics)
        names = (*(i.name for i in self.indexes), *(c.name for c in self.checks))
        return (*own, *not_null, *names, *statistics)


@dataclass(frozen=True)
class DependentsQuestion(ColumnQuestion[Dependents]):
    """Which objects depend on the column?"""


@lookup.answer.register
def _(question: DependentsQuestion, database: Database) -> Dependents | None:
    return dependents(database, question.table, question.column)


def dependents(
    database: Database, table: QualifiedName, column: str
) -> Dependents | None:
    """Return the properties of *column* and the objects on it, None if it is missing.

    Objects that this package has made for a window do not count.
    """
    found = database.rows(_column(table, column))
    if not found:
        return None
    attnum, not_null, not_null_name, default, comment, target, options = found[0]
    return Dependents(
        not_null,
        not_null_name,
        default,
        comment,
        settings_of(target, options),
        _generator(database, table, attnum),
        standing_indexes(database, table, attnum),
        tuple(
            DependentCheck(*row) for row in database.rows(query_checks(table, attnum))
        ),
        standing_keys(database, table, column),
        standing_statistics(database, table, attnum),
    )


def _column(table: QualifiedName, column: str) -> str:
    # Ask for the name of the constraint only where there is such a type of constraint.
    return (
        "SELECT a.attnum::int, a.attnotnull, coalesce((SELECT k.conname::text"
        " FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid"
        " AND k.contype::text = 'n' AND k.conkey = ARRAY[a.attnum]), ''),"
        " CASE WHEN a.attgenerated = '' THEN"
        " coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') ELSE '' END,"
        " pg_catalog.col_description(a.attrelid, a.attnum),"
        " coalesce(a.attstattarget, -1)::int, a.attoptions"
        " FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d"
        " ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = {literal(column)}"
        " AND NOT a.attisdropped"
    )


def query_checks(table: QualifiedName, attnum: int) -> str:
    """Return the query for CHECKs that name a column, with DependentCheck's fields."""
    return (
        f"SELECT k.conname::text, {constraint.DEFINITION}, k.convalidated,"
        " pg_catalog.obj_description(k.oid, 'pg_constraint'),"
        " pg_catalog.cardinality(k.conkey) = 1"
        f" FROM pg_catalog.pg_constraint k WHERE k.conrelid = {table.regclass}"
        f" AND k.contype = 'c' AND {attnum} = ANY (k.conkey)"
        f" AND {is_theirs('k.conname')} ORDER BY 1"
    )


def _generator(
    database: Database, table: QualifiedName, attnum: int
) -> Generator | None:
    found = database.rows(
        "SELECT c.relname::text, n.nspname::text, a.attidentity::text,"
        f" {_OPTIONS}, s.seqincrement, s.seqtypid = a.atttypid,"
        " pg_catalog.obj_description(c.oid, 'pg_class')"
        " FROM pg_catalog.pg_depend d"
        " JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S'"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid"
        " JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid"
        " AND a.attnum = d.refobjsubid"
        " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        f" AND d.refobjid = {table.regclass} AND d.refobjsubid = {attnum}"
        " AND d.deptype IN ('a', 'i') ORDER BY a.attidentity DESC, 1 LIMIT 1"
    )
    if not found:
        return None
    name, schema, *rest = found[0]
    return Generator(QualifiedName(name, schema), *rest)


# A bound that is only that of its type becomes the bound of the other type.
_MOST = (
    "CASE WHEN s.seqtypid = 'int2'::regtype THEN 32767"
    " WHEN s.seqtypid = 'int4'::regtype THEN 2147483647"
    " ELSE 9223372036854775807 END"
)
_OPTIONS = (
    "pg_catalog.concat('START ', s.seqstart, ' INCREMENT ', s.seqincrement,"
    f" CASE WHEN s.seqmax NOT IN ({_MOST}, -1) THEN ' MAXVALUE ' || s.seqmax END,"
    f" CASE WHEN s.seqmin NOT IN (1, -{_MOST} - 1) THEN ' MINVALUE ' || s.seqmin END,"
    " ' CACHE ', s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END)"
)


def grants_on_sequence(sequence: QualifiedName) -> str:
    """Return a query for the GRANT statements that restore rights on *sequence*."""
    statement = f"GRANT %s ON SEQUENCE {sequence.sql.replace('%', '%%')} TO %s%s"
    return qualified(
        "SELECT pg_catalog.string_agg(pg_catalog.format("
        f"{literal(statement).strip()}, x.privilege_type, CASE WHEN x.grantee = 0"
        " THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::text END,"
        " CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ')"
        " FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) x"
        f" WHERE c.oid = {sequence.regclass} AND x.grantee <> c.relowner"
    )
