"""Checks of objects through which other roles may change what migrations run.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt import revision_log
from alembic_zdt.backfill.inline import place_of
from alembic_zdt.catalog import own_tables
from alembic_zdt.catalog.ownership import is_trusted
from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.names import SYNC_TRIGGERS, QualifiedName, literal
from alembic_zdt.queueing import queue_table
from alembic_zdt.runner import measuring


def of_objects(subject: Subject) -> Iterator[Finding]:
    """Report tables and triggers through which another role may change what runs."""
    context, database = subject.context, subject.database
    tables = (
        *place_of(subject.settings, context).tables,
        revision_log.own_table(context),
        measuring.table_of(subject.settings, context),
        queue_table.table_of(subject.settings, context),
    )
    for name, words, statement in own_tables.faults(database, tables):
        yield Finding.error(
            f"the table {name} decides what migrations do, and {words}",
            f"Look at the rows of the table, then run: {statement};",
        )
    version_table = QualifiedName(context.version_table, context.version_table_schema)
    for name, grantee in database.rows(own_tables.writers(version_table)):
        yield Finding.warning(
            f"{grantee} may write the table {name}, which decides which revisions run",
            "Check whether default privileges grant it, then run: REVOKE INSERT, "
            f"UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON TABLE {name} FROM "
            f"{grantee};",
        )
    for trigger, table, owner, statement in database.rows(_TRIGGERS):
        yield Finding.error(
            f"the trigger {trigger} of {table} calls a function of the role "
            f'"{owner}", which could change it',
            f"Look at what the function does, then run: {statement};",
        )


_TRIGGERS = (
    "SELECT t.tgname::text, c.oid::pg_catalog.regclass::text,"  # of ours
    " pg_catalog.pg_get_userbyid(p.proowner)::text,"
    " pg_catalog.format('ALTER FUNCTION %s OWNER TO %I',"
    " p.oid::pg_catalog.regprocedure, current_user)"
    " FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
    " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
    f" WHERE t.tgname ~ {literal(SYNC_TRIGGERS)}"
    f" AND t.tgparentid = 0 AND NOT {is_trusted('p.proowner')}"
    " AND NOT pg_catalog.pg_has_role(p.proowner, c.relowner, 'USAGE') ORDER BY 1"
)
