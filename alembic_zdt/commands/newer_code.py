"""Revisions that newer code has applied, as the log of revisions describes them.

https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_zdt.phases import Phase
from alembic_zdt.revision_log import applied

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True)
class NewerCode:
    """A database that may be ahead of the revisions of this code.

    Attributes:
        reached: revisions of this code that are applied, or are below newer ones.
        unknown: newer revisions that the log does not have.
        contracts: newer revisions that the log calls contracts.
        is_whole: whether the log has the revisions below each newer one; the log of an
            older version of this package does not.
    """

    reached: set[str]
    unknown: list[str] = field(default_factory=list)
    contracts: list[str] = field(default_factory=list)
    is_whole: bool = True

    @classmethod
    def of(
        cls, script: ScriptDirectory, heads: Sequence[str], context: MigrationContext
    ) -> NewerCode:
        """Follow the log from the heads of a database to the revisions of this code.

        Args:
            script: the revisions of this code.
            heads: the revisions of the database.
            context: the migration context of the database, in a transaction.
        """
        known = {revision.revision for revision in script.walk_revisions()}
        reached = {name for name in heads if name in known}
        newer, seen = [name for name in heads if name not in known], set[str]()
        if not newer:
            return cls(reached)
        log = applied(context, "phase", "down_revisions")
        reached |= known & log.keys()
        while newer:
            name = newer.pop()
            if name in known:
                reached.add(name)
            elif name not in seen:
                seen.add(name)
                newer += log[name][1] or () if name in log else ()
        unknown = seen - log.keys()
        is_whole = not unknown and all(log[name][1] is not None for name in seen)
        if not is_whole:
            seen |= log.keys() - known
        ended = [name for name in seen & log.keys() if log[name][0] == _CONTRACT]
        return cls(reached, sorted(unknown), sorted(ended), is_whole)


_CONTRACT = Phase.CONTRACT.value
