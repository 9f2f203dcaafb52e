"""``alembic-zdt rehearse --clean``: drop the databases that killed runs have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.errors import UsageError
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.scratch.database_sessions import of_an_installed_driver
from alembic_zdt.scratch.option_names import OF_REHEARSE
from alembic_zdt.scratch.orphaned_databases import ScratchState, drop_orphans


@dataclass(frozen=True)
class CleaningOutcome:
    """The scratch databases of a server, after the cleaning."""

    states: Sequence[ScratchState]

    @property
    def exit_code(self) -> ExitCode:
        """Return the code: an error if an orphan could not be dropped."""
        is_failure = any(each.is_failure for each in self.states)
        return ExitCode.ERROR if is_failure else ExitCode.OK

    def lines(self) -> Iterator[str]:
        """Yield a line for each database."""
        yield from map(str, self.states)
        if not self.states:
            yield "there are no scratch databases on this server"


def clean_up(url: str | None) -> CleaningOutcome:
    """Drop the scratch databases of a server whose makers are gone.

    Args:
        url: the URL of a database of the server.

    Raises:
        UsageError: no server is given.
    """
    if url is None:
        raise UsageError(
            "--clean needs a server",
            detail="It drops databases that killed commands have left on a server.",
            hint=f"Name the server with {OF_REHEARSE.url} URL.",
        )
    server = of_an_installed_driver(url, OF_REHEARSE.url)
    return CleaningOutcome(drop_orphans(server))
