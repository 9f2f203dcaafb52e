"""How commands use exported facts in place of a database."""

from __future__ import annotations

from alembic.script import ScriptDirectory
from alembic.util import CommandError

from alembic_zdt.errors import UsageError
from alembic_zdt.facts.exported import ExportedDatabase, Facts
from alembic_zdt.facts.facts_oracle import FactsOracle
from alembic_zdt.printable import counted


def known_revisions(
    script: ScriptDirectory, database: ExportedDatabase
) -> tuple[str, ...]:
    """Return the revisions that the database had at the export.

    Raises:
        UsageError: a revision has no file here.
    """
    for each in database.revisions:
        try:
            script.get_revision(each)
        except CommandError as error:
            raise UsageError(
                f'the facts are those of the revision "{each}", which has no file here',
                detail="Without that file it is unknown which revisions are pending.",
                hint="Merge the branch that is deployed, or export the facts again.",
            ) from error
    return database.revisions


def oracle_of(
    facts: Facts, database: str | None
) -> tuple[ExportedDatabase, FactsOracle]:
    """Return the only database of the facts, and its answers to checks.

    Args:
        facts: the facts.
        database: the URL of a database, which excludes facts.

    Raises:
        UsageError: there is a URL, or there are several databases.
    """
    if database is not None:
        raise UsageError(
            "cannot use both --facts and --database",
            detail="The facts replace a database.",
            hint="Leave out one of them.",
        )
    if len(facts.databases) > 1:
        raise UsageError(
            f"cannot check revisions with the facts of "
            f"{counted(len(facts.databases), 'database')}",
            detail="It is unknown in which of them a revision runs.",
            hint="Use --database with the URL of one of them.",
        )
    (only,) = facts.databases
    return only, FactsOracle(facts, only)
