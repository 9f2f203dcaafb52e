"""The database that the checks of doctor read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory

from alembic_zdt.connection.database import Database
from alembic_zdt.findings import Finding
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True)
class Subject:
    """One database of env.py, which the checks read.

    Attributes:
        context: Alembic's migration context.
        database: the connection that env.py made.
        script: the revisions.
        heads: the revisions that the database is at.
        settings: the settings of the project.
    """

    context: MigrationContext
    database: Database
    script: ScriptDirectory
    heads: Sequence[str]
    settings: Settings


Check = Callable[[Subject], Iterable[Finding]]
