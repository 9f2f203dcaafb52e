"""Refuse revision ids that are too long for Alembic's version table.

Alembic writes the id at the end of a revision, after directives have committed.
https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.names import LONGEST_REVISION_ID as LONGEST
from alembic_zdt.names import QualifiedName

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory


def refuse_long(context: MigrationContext, ids: Iterable[str]) -> None:
    """Refuse revision ids that the version table cannot hold.

    Raises:
        UsageError: an id has more characters than ``version_num``.
    """
    most = _room(context)
    for each in ids:
        if most is not None and len(each) > most:
            raise too_long(each, most, context.version_table)


def refuse_unusual(script: ScriptDirectory, revision: str) -> None:
    """Refuse a new id that is too long, unless other revisions have such ids.

    Raises:
        UsageError: the id has more characters than Alembic's version table holds.
    """
    known = (str(each.revision) for each in script.walk_revisions())
    if len(revision) > LONGEST and all(len(each) <= LONGEST for each in known):
        raise too_long(revision, LONGEST, "alembic_version")


def too_long(revision: str, most: int, table: str) -> UsageError:
    """Build the error for an id that the version table cannot hold."""
    shorter = revision[:most].rstrip("_-")
    return UsageError(
        f'revision id "{revision}" is too long',
        detail=f'The id has {len(revision)} characters, and "version_num" of "{table}" '
        f"holds {most}. Alembic writes the id when the revision is already committed.",
        hint=f'Use a shorter id, for example "{shorter}".',
    )


def _room(context: MigrationContext) -> int | None:
    """Return the characters of ``version_num``, None if there is no limit."""
    table = QualifiedName(context.version_table, context.version_table_schema)
    if context.connection is None or context.as_sql:
        return LONGEST
    found = Database(context.connection).rows(
        "SELECT CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 END"
        " FROM pg_catalog.pg_attribute a"
        f" WHERE a.attrelid = {table.regclass} AND a.attname = 'version_num'"
        " AND NOT a.attisdropped"
    )
    if not found:
        return LONGEST
    return None if found[0][0] is None else int(found[0][0])
