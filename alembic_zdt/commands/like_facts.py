"""The facts of ``--like``, from which a rehearsal makes its rows."""

from __future__ import annotations

from pathlib import Path

from alembic_zdt.errors import UsageError
from alembic_zdt.facts import facts_file
from alembic_zdt.facts.exported import ExportedDatabase
from alembic_zdt.printable import counted


def database_in(path: str | None, most_rows: int) -> ExportedDatabase | None:
    """Return the only database of the facts in a file, None without a file.

    Args:
        path: the path of the file.
        most_rows: the value of ``--most-rows``.

    Raises:
        UsageError: the file cannot be read, the tables have no names in it, or no rows
            may be made.
    """
    if most_rows < 1:
        raise UsageError(
            f"--most-rows {most_rows} makes no rows",
            hint="Give a number above 0, or leave out --like.",
        )
    if path is None:
        return None
    facts = facts_file.read(Path(path))
    if facts.salt is not None:
        raise UsageError(
            f'the facts in "{path}" have hashes instead of names',
            detail="A rehearsal finds its tables in the facts by their names.",
            hint="Export the facts again, with the names.",
        )
    if len(facts.databases) > 1:
        count = counted(len(facts.databases), "database")
        raise UsageError(
            f"cannot make rows like those of {count}",
            detail="It is unknown in which of them a revision runs.",
            hint="Give --rows TABLE=N instead of --like.",
        )
    return facts.databases[0]
