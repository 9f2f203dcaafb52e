"""Applied revisions whose file was edited later.

https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_zdt.revision_digest import digest_of
from alembic_zdt.revision_log import applied

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def edited(
    context: MigrationContext, script: ScriptDirectory, heads: tuple[str, ...]
) -> list[str]:
    """Return the applied revisions whose file was edited later.

    Args:
        context: the migration context of the run.
        script: the revisions.
        heads: the revisions of the database.
    """
    return changed_since(digests(context), script, heads)


def digests(context: MigrationContext) -> dict[str, str]:
    """Return the digests of the applied revisions, as the log has them."""
    return {name: row[0] for name, row in applied(context, "hash").items()}


def changed_since(
    then: Mapping[str, str], script: ScriptDirectory, heads: tuple[str, ...]
) -> list[str]:
    """Return the applied revisions whose file has another digest now.

    Args:
        then: the digests of the applied revisions.
        script: the revisions.
        heads: the revisions of the database.
    """
    below = script.iterate_revisions(heads, "base") if heads else ()
    known = {revision.revision: revision for revision in below}
    return [
        name
        for name, digest in sorted(then.items())
        if name in known and digest != digest_of(known[name])
    ]
