"""Checks of the privileges that migrations need.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table

from alembic_zdt.doctor.env_py import metadatas
from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.names import QualifiedName, literal, quote
from alembic_zdt.printable import listed


def privileges(subject: Subject) -> Iterator[Finding]:
    """Report missing privileges, unless the role is a superuser."""
    database = subject.database
    role = str(database.value("SELECT current_user::text"))
    if not database.holds("pg_catalog.current_setting('is_superuser') = 'on'"):
        yield from _of_schemas(subject, role)
        yield from _of_database(subject, role)
        yield from _of_version_table(subject, role)
        yield from _of_owners(subject, role)


def _of_schemas(subject: Subject, role: str) -> Iterator[Finding]:
    default = subject.database.value("SELECT pg_catalog.current_schema()::text")
    if default is None:
        yield Finding.error(
            f'the role "{role}" can use no schema of the search_path',
            "CREATE SCHEMA, or GRANT USAGE ON SCHEMA, or ALTER ROLE ... SET "
            "search_path.",
        )
    for schema in sorted(_schemas(subject, default)):
        name = literal(schema)
        is_there = subject.database.holds(
            f"EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {name})"
        )
        if not is_there and schema == subject.context.version_table_schema:
            words = f'there is no schema "{schema}", which version_table_schema names'
            yield Finding.error(words, f"CREATE SCHEMA {quote(schema)};")
        elif is_there and not subject.database.holds(
            f"pg_catalog.has_schema_privilege({name}, 'CREATE')"
        ):
            yield Finding.error(
                f'the role "{role}" has no right to create anything in the schema '
                f'"{schema}"',
                f"GRANT CREATE, USAGE ON SCHEMA {quote(schema)} TO {quote(role)};",
            )


def _schemas(subject: Subject, default: str | None) -> set[str]:
    places = {table.schema for table in _tables(subject)}
    places |= {subject.context.version_table_schema, default}
    places.add(subject.settings.backfill_schema)
    return {place for place in places if place}


def _tables(subject: Subject) -> list[Table]:
    """Return the tables of the models, in no particular order."""
    return [table for meta in metadatas(subject) for table in meta.tables.values()]


def _of_database(subject: Subject, role: str) -> Iterator[Finding]:
    database = subject.database
    if not database.holds(
        "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')"
    ):
        name = quote(str(database.value("SELECT pg_catalog.current_database()::text")))
        yield Finding.error(
            f'the role "{role}" has no right to create temporary tables, and '
            "directives test definitions in temporary tables",
            f"GRANT TEMPORARY ON DATABASE {name} TO {quote(role)};",
        )
    if not database.holds("pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')"):
        yield Finding.note(
            f'the role "{role}" does not see what sessions of other roles do, so '
            "messages cannot name who holds a lock, nor how far replicas lag",
            f"GRANT pg_read_all_stats TO {quote(role)};",
        )


def _of_version_table(subject: Subject, role: str) -> Iterator[Finding]:
    context = subject.context
    schema, table = context.version_table_schema, context.version_table
    where = literal(schema) if schema else "pg_catalog.current_schema()"
    missing = subject.database.rows(
        "SELECT p FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE',"
        " 'DELETE']) p, pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = {where} AND c.relname = {literal(table)}"
        " AND NOT pg_catalog.has_table_privilege(c.oid, p)"
    )
    name = QualifiedName(table, schema).sql
    if missing:
        rights = ", ".join(row[0] for row in missing)
        yield Finding.error(
            f'the role "{role}" lacks {rights} on the table {name}',
            f"GRANT {rights} ON {name} TO {quote(role)};",
        )


def _of_owners(subject: Subject, role: str) -> Iterator[Finding]:
    """Report tables that the role may not change, because another role owns them."""
    rows = subject.database.rows(
        "SELECT n.nspname::text, c.relname::text,"
        " r.rolname::text, r.rolsuper FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_roles r ON r.oid = c.relowner"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema'"
        " AND n.nspname !~ '^pg_' AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')"
        " ORDER BY 1, 2"
    )
    wanted = {(table.schema, table.name) for table in _tables(subject)}
    default = subject.database.value("SELECT pg_catalog.current_schema()::text")
    books = {subject.context.version_table, *subject.settings.own_tables}
    owners: dict[tuple[str, bool], list[str]] = {}
    for schema, table, owner, is_superuser in rows:
        is_default = schema == default and table not in books
        is_in_default = is_default and (not wanted or (None, table) in wanted)
        if (schema, table) in wanted or is_in_default:
            owners.setdefault((owner, is_superuser), []).append(table)
    for (owner, is_superuser), tables in sorted(owners.items()):
        change = f"ALTER TABLE ... OWNER TO {quote(role)};"
        join = f"GRANT {quote(owner)} TO {quote(role)}; or {change}"
        yield Finding.warning(
            f'the role "{role}" has no right to change {listed(tables)}, owned by '
            f'"{owner}"',
            change if is_superuser else join,
        )
