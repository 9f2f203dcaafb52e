"""Extended statistics that a column is a part of.

https://www.postgresql.org/docs/current/sql-createstatistics.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.connection.database import Database
from alembic_zdt.names import COPY, QualifiedName, literal


@dataclass(frozen=True)
class DependentStatistics:
    """A statistics object of which the column is a part.

    Attributes:
        name: its name.
        definition: the text between its name and ``FROM``: ``(mcv) ON a, b``.
        target: its ``SET STATISTICS``, -1 for the default.
        comment: the comment on the object.
    """

    name: QualifiedName
    definition: str
    target: int = -1
    comment: str | None = None

    def create(self, name: str, on: str) -> tuple[str, ...]:
        """Build the statements that make the same statistics object.

        Args:
            name: the name of the new statistics object, quoted.
            on: its table, quoted.
        """
        creating = f"CREATE STATISTICS {name} {self.definition} FROM {on}"
        if self.target < 0:
            return (creating,)
        return creating, f"ALTER STATISTICS {name} SET STATISTICS {self.target}"


def standing_statistics(
    database: Database, table: QualifiedName, attnum: int
) -> tuple[DependentStatistics, ...]:
    """Return the statistics objects of a column, except this package's copies."""
    rows = database.rows(_query(table, attnum))
    return tuple(
        DependentStatistics(QualifiedName(name, schema), *rest)
        for name, schema, *rest in rows
    )


def exists(name: str, table: QualifiedName) -> str:
    """Build SQL that is true if the table has statistics of that name."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s"
        f" WHERE s.stxrelid = {table.regclass} AND s.stxname = {literal(name)})"
    )


def are_gathered(names: Sequence[str], table: QualifiedName) -> str:
    """Build SQL that is true if ANALYZE has filled all statistics of these names."""
    listed = ", ".join(literal(name) for name in names)
    same = "e.statistics_name = s.stxname AND e.statistics_schemaname = n.nspname"
    return (
        "((SELECT count(*) FROM pg_catalog.pg_statistic_ext s"
        " JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace"
        f" WHERE s.stxrelid = {table.regclass} AND s.stxname IN ({listed})"
        f" AND (EXISTS (SELECT FROM pg_catalog.pg_stats_ext e WHERE {same}"
        " AND (e.n_distinct IS NOT NULL OR e.dependencies IS NOT NULL"
        " OR e.most_common_vals IS NOT NULL))"
        f" OR EXISTS (SELECT FROM pg_catalog.pg_stats_ext_exprs e WHERE {same}"
        f" AND e.null_frac IS NOT NULL))) = {len(names)})"
    )


def _query(table: QualifiedName, attnum: int) -> str:
    whole = "pg_catalog.pg_get_statisticsobjdef(s.oid)"
    heads = (
        f"pg_catalog.format('CREATE STATISTICS %I.%I ', {schema}, s.stxname)"
        for schema in ("n.nspname", "'pg_temp'")
    )
    real, temporary = heads
    # The schema of the temporary probe has another name on newer servers.
    head = (
        f"CASE WHEN pg_catalog.starts_with({whole}, {real}) THEN {real}"
        f" ELSE {temporary} END"
    )
    columns = "' ON ' || pg_catalog.pg_get_statisticsobjdef_columns(s.oid)"
    rest = f"pg_catalog.substr({whole}, pg_catalog.length({head}))"
    end = f"pg_catalog.strpos({rest}, {columns}) + pg_catalog.length({columns}) - 1"
    return (
        "SELECT s.stxname::text, n.nspname::text,"
        f" pg_catalog.ltrim(pg_catalog.substr({rest}, 1, {end})),"
        " coalesce(s.stxstattarget, -1)::int,"
        " pg_catalog.obj_description(s.oid, 'pg_statistic_ext')"
        " FROM pg_catalog.pg_statistic_ext s"
        " JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace"
        f" WHERE s.stxrelid = {table.regclass} AND s.stxname !~ '^{COPY}_'"
        f" AND ({attnum} = ANY (s.stxkeys::int2[]) OR EXISTS (SELECT"
        " FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass"
        " AND d.objid = s.oid AND d.refobjid = s.stxrelid"
        f" AND d.refobjsubid = {attnum})) ORDER BY 1, 2"
    )
