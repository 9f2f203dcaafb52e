"""The schema of ``--schema-of``, from which a rehearsal starts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog.lookup import server_version
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import QualifiedName
from alembic_zdt.scratch.database_sessions import of_an_installed_driver, over
from alembic_zdt.scratch.option_names import OF_REHEARSE
from alembic_zdt.scratch.pg_dump_program import schema_at
from alembic_zdt.scratch.project import Project
from alembic_zdt.scratch.schema_dump import load

Tell = Callable[[str], None]
_MAJOR = 10_000
_VERSION_TABLES = """
SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attname = 'version_num')
  AND (c.relname = 'alembic_version' OR c.relnatts = 1)
ORDER BY 1, 2
"""
"""The tables that may be Alembic's version table, whose name env.py chooses."""


class SchemaSource:
    """A schema dump, and the revisions that its database had.

    Args:
        given: the value of ``--schema-of``: a URL, or the path of a dump.

    Raises:
        UsageError: it cannot be read.
    """

    def __init__(self, given: str) -> None:
        self._known: Mapping[QualifiedName, Sequence[str]] | None = None
        if "://" in given:
            url = of_an_installed_driver(given, OF_REHEARSE.schema)
            self._known, version = over(url, _state)
            self._dump = schema_at(url, version // _MAJOR)
        else:
            self._dump = _text(given)

    def prepare(
        self, project: Project, url: str, found: Sequence[str], tell: Tell
    ) -> Collection[str]:
        """Load the schema into a scratch database, and return all its revisions.

        Args:
            project: the migrations.
            url: the URL of the scratch database.
            found: the revisions of the range.
            tell: a function that shows a line.
        """
        tell(f"load the schema of {OF_REHEARSE.schema}")
        over(url, lambda connection: load(Database(connection), self._dump, tell))
        project.run_nothing(url)  # it refuses an env.py with another database
        start = self._start(project.script, found)
        project.stamp(url, start)
        return contexts.at_or_below(project.script, start)

    def _start(self, script: ScriptDirectory, found: Sequence[str]) -> Sequence[str]:
        """Return the revisions that the schema has."""
        if self._known is None:
            return _before(script, found)
        revisions = _own(script, self._known)
        _refuse_those_done(contexts.at_or_below(script, revisions), found)
        return revisions


def _own(
    script: ScriptDirectory, known: Mapping[QualifiedName, Sequence[str]]
) -> Sequence[str]:
    """Return the revisions of the only version table with revisions of these files."""
    own = [each for each in known.values() if each and _has_files(script, each)]
    if len(own) == 1:
        return own[0]
    if not own and [*known.values()] == [[]]:
        return []  # no revision is applied
    count = len(own)
    listed = "; ".join(
        f"{table.label}: {', '.join(revisions) or 'none'}"
        for table, revisions in known.items()
    )
    raise UsageError(
        f"the database of {OF_REHEARSE.schema} has {count} version tables with "
        "revisions that have a file here",
        detail=f"Its version tables and their revisions are {listed or 'none'}.",
        hint=f"Give {OF_REHEARSE.schema} the path of a dump that was made with "
        "pg_dump --schema-only; it starts before the range.",
    )


def _has_files(script: ScriptDirectory, revisions: Sequence[str]) -> bool:
    try:
        contexts.at_or_below(script, revisions)
    except CommandError:
        return False
    return True


def _refuse_those_done(done: Collection[str], found: Sequence[str]) -> None:
    for revision in found:
        if revision in done:
            raise UsageError(
                f'the database of {OF_REHEARSE.schema} already has "{revision}"',
                detail="A rehearsal starts before the range of revisions.",
                hint="Give a range of revisions that the database does not have yet.",
            )


def _before(script: ScriptDirectory, found: Sequence[str]) -> Sequence[str]:
    """Return the revisions below a range, without those below each other."""
    scripts = [script.get_revision(each) for each in found]
    needed = set[str]().union(*map(contexts.below, scripts)) - {*found}
    lower = {
        name
        for each in needed
        for name in contexts.at_or_below(script, [each])
        if name != each
    }
    return sorted(needed - lower)


def _state(
    connection: Connection,
) -> tuple[Mapping[QualifiedName, Sequence[str]], int]:
    """Return the rows of what may be a version table, and the server's version."""
    database = Database(connection)
    tables = [
        QualifiedName(name, schema) for schema, name in database.rows(_VERSION_TABLES)
    ]
    query = "SELECT version_num::text FROM {}"
    found = {
        table: [name for (name,) in database.rows(query.format(table.sql))]
        for table in tables
    }
    return found, server_version(database)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f'cannot read the schema dump "{path}"', detail=str(error)
        ) from None
