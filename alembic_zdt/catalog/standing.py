"""What stands on a column, and goes when it is dropped.

https://www.postgresql.org/docs/current/catalog-pg-depend.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from alembic_zdt.catalog import constraint, index, survey
from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.standing_keys import StandingKey, standing_keys
from alembic_zdt.facts import Question
from alembic_zdt.names import COPY, SYNC_CHECK, QualifiedName, literal, quote
from alembic_zdt.qualified import qualified


@dataclass(frozen=True)
class StandingIndex:
    """An index of which the column is a part.

    Attributes:
        name: its name.
        definition: all that follows its name and its table, ``UNIQUE`` in front.
        predicate: what stands behind ``WHERE`` there, empty when nothing does.
        tablespace: where it is, empty for the default one.
        constraint: ``pg_constraint.contype`` of its constraint, empty when none.
        timing: ``DEFERRABLE`` and the like, with a space in front.
        comment: on the index.
        constraint_comment: on its constraint.
        is_replica_identity: rows are known by it on a replica.
        is_clustered: CLUSTER uses it.
        is_alone: no other column is a part of it.
        has_expressions: it is not made of columns alone.
        parts: of a partitioned one: (partition, name of its index there).
    """

    name: str
    definition: str
    predicate: str = ""
    tablespace: str = ""
    constraint: str = ""
    timing: str = ""
    comment: str | None = None
    constraint_comment: str | None = None
    is_replica_identity: bool = False
    is_clustered: bool = False
    is_alone: bool = True
    has_expressions: bool = False
    parts: tuple[tuple[QualifiedName, str], ...] = ()

    @property
    def is_unique(self) -> bool:
        """Whether it forbids duplicates."""
        return self.definition.startswith("UNIQUE ")

    def create(self, name: str, on: str, options: str = "") -> str:
        """The statement that makes the same one.

        Args:
            name: of the new one, quoted.
            on: its table, quoted.
            options: what stands in front of the name.
        """
        unique = "UNIQUE " if self.is_unique else ""
        rest = self.definition.removeprefix("UNIQUE ")
        where = f" WHERE {self.predicate}" if self.predicate else ""
        if self.tablespace:
            rest = f"{rest.removesuffix(where)} TABLESPACE {quote(self.tablespace)}"
            rest += where
        return f"CREATE {unique}INDEX {options}{name} ON {on} {rest}"


@dataclass(frozen=True)
class StandingCheck:
    """A CHECK constraint that names the column.

    Attributes:
        name: its name.
        definition: ``CHECK (...)`` with its options, but NOT VALID.
        is_validated: whether it is proven.
        comment: on it.
        is_alone: it names no other column.
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
        name: of the sequence.
        identity: ``pg_attribute.attidentity``, empty for one that is only owned.
        options: of an identity, as they are written; defaults of the type left out.
        increment: one of these options.
        follows_type: whether it has the type of the column.
        comment: on it.
    """

    name: QualifiedName
    identity: str
    options: str
    increment: int
    follows_type: bool
    comment: str | None = None

    @property
    def generated(self) -> str:
        """How its identity is declared."""
        always = "ALWAYS" if self.identity == "a" else "BY DEFAULT"
        return f"GENERATED {always}"


@dataclass(frozen=True)
class Standing:
    """What stands on a column.

    Attributes:
        not_null: whether it is NOT NULL.
        not_null_name: of the constraint (18 and newer), empty when there is none.
        default: an SQL expression, empty when there is none.
        comment: on the column.
        settings: what ALTER COLUMN was told: ``SET STATISTICS 500`` and the like.
        generator: gives it values.
        indexes: valid ones.
        checks: those that name it.
        keys: foreign keys of which it is a part, on either end.
    """

    not_null: bool
    not_null_name: str = ""
    default: str = ""
    comment: str | None = None
    settings: tuple[str, ...] = ()
    generator: Generator | None = None
    indexes: tuple[StandingIndex, ...] = ()
    checks: tuple[StandingCheck, ...] = ()
    keys: tuple[StandingKey, ...] = ()

    @property
    def names_of_constraints(self) -> set[str]:
        """Of those that are made of an index."""
        return {index.name for index in self.indexes if index.constraint}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that has one, foreign keys left out."""
        own = (self.generator.name.name,) if self.generator else ()
        not_null = (self.not_null_name,) if self.not_null_name else ()
        indexes = (i.name for i in self.indexes)
        return (*own, *not_null, *indexes, *(c.name for c in self.checks))


@dataclass(frozen=True)
class StandingQuestion(Question[Standing]):
    """Which objects depend on the column?"""

    table: QualifiedName
    column: str


@survey.answer.register
def _(question: StandingQuestion, database: Database) -> Standing | None:
    return standing(database, question.table, question.column)


def standing(database: Database, table: QualifiedName, column: str) -> Standing | None:
    """What stands on *column*, None when there is no such column.

    What we have made for the time of a window does not count.
    """
    found = database.rows(_column(table, column))
    if not found:
        return None
    attnum, not_null, not_null_name, default, comment, target, options = found[0]
    settings = [f"SET STATISTICS {target}"] if target >= 0 else []
    settings += [f"SET ({', '.join(options)})"] if options else []
    return Standing(
        not_null,
        not_null_name,
        default,
        comment,
        tuple(settings),
        _generator(database, table, attnum),
        tuple(
            replace(StandingIndex(*row), parts=_parts(database, table, row[0]))
            for row in database.rows(query_indexes(table, attnum))
        ),
        tuple(
            StandingCheck(*row) for row in database.rows(query_checks(table, attnum))
        ),
        standing_keys(database, table, column),
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


def query_indexes(table: QualifiedName, attnum: int) -> str:
    """The query for the indexes in which a column is, as StandingIndex has them."""
    timing = (
        "CASE WHEN k.condeferred THEN ' DEFERRABLE INITIALLY DEFERRED'"
        " WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END"
    )
    return (
        f"SELECT c.relname::text, {index.DEFINITION},"
        " coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''),"
        f" coalesce(s.spcname::text, ''), coalesce(k.contype::text, ''), {timing},"
        " pg_catalog.obj_description(c.oid, 'pg_class'),"
        " pg_catalog.obj_description(k.oid, 'pg_constraint'),"
        f" i.indisreplident, i.indisclustered, NOT ({_other_columns(attnum)}),"
        " i.indexprs IS NOT NULL"
        " FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        " LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace"
        " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid"
        " AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')"
        f" WHERE i.indrelid = {table.regclass} AND i.indisvalid"
        f" AND coalesce(k.contype <> 'x', true) AND {_is_theirs('c.relname')}"
        f" AND ({attnum} = ANY (i.indkey) OR EXISTS (SELECT"
        " FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.objid = i.indexrelid AND d.refobjid = i.indrelid"
        f" AND d.refobjsubid = {attnum})) ORDER BY 1"
    )


def _other_columns(attnum: int) -> str:
    """The condition that an index has, or depends on, another column."""
    return (
        "EXISTS (SELECT FROM pg_catalog.unnest(i.indkey::int[]) x"
        f" WHERE x NOT IN (0, {attnum})) OR EXISTS (SELECT FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
        " AND d.objid = i.indexrelid AND d.refobjid = i.indrelid"
        f" AND d.refobjsubid NOT IN (0, {attnum}))"
    )


def _parts(
    database: Database, table: QualifiedName, name: str
) -> tuple[tuple[QualifiedName, str], ...]:
    rows = database.rows(
        "WITH RECURSIVE part AS (SELECT i.indexrelid AS oid, 0 AS level"
        " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indrelid = {table.regclass} AND c.relname = {literal(name)}"
        " UNION ALL SELECT h.inhrelid, part.level + 1 FROM pg_catalog.pg_inherits h"
        " JOIN part ON h.inhparent = part.oid)"
        " SELECT t.relname::text, n.nspname::text, c.relname::text FROM part"
        " JOIN pg_catalog.pg_class c ON c.oid = part.oid"
        " JOIN pg_catalog.pg_index i ON i.indexrelid = part.oid"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        " WHERE part.level > 0 ORDER BY 2, 1"
    )
    return tuple((QualifiedName(row[0], row[1]), row[2]) for row in rows)


def _is_theirs(name: str) -> str:
    """The condition that a name is none of those that we give."""
    return f"{name} !~ '^({COPY}|{SYNC_CHECK})_'"


def query_checks(table: QualifiedName, attnum: int) -> str:
    """The query for the CHECKs that name a column, as StandingCheck has them."""
    return (
        f"SELECT k.conname::text, {constraint.DEFINITION}, k.convalidated,"
        " pg_catalog.obj_description(k.oid, 'pg_constraint'),"
        " pg_catalog.cardinality(k.conkey) = 1"
        f" FROM pg_catalog.pg_constraint k WHERE k.conrelid = {table.regclass}"
        f" AND k.contype = 'c' AND {attnum} = ANY (k.conkey)"
        f" AND {_is_theirs('k.conname')} ORDER BY 1"
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


# An end that is only the end of its type is the end of the other type afterwards.
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
    """The query for one text: statements that grant what is granted on *sequence*."""
    statement = f"GRANT %s ON SEQUENCE {sequence.sql.replace('%', '%%')} TO %s%s"
    return qualified(
        "SELECT pg_catalog.string_agg(pg_catalog.format("
        f"{literal(statement).strip()}, x.privilege_type, CASE WHEN x.grantee = 0"
        " THEN 'PUBLIC' ELSE x.grantee::pg_catalog.regrole::text END,"
        " CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; ')"
        " FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) x"
        f" WHERE c.oid = {sequence.regclass} AND x.grantee <> c.relowner"
    )
