"""A hot standby of a cluster, on loopback."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from tools.postgres import Cluster, _give_to_server

# What the primary writes while the standby starts must still be there.
PRIMARY = {"wal_keep_size": "256MB"}
_NOT_COPIED = shutil.ignore_patterns("postmaster.pid", "postmaster.opts", "pgsql_tmp*")


class Replica(Cluster):
    """A streaming replica that lives as long as this object is started.

    Args:
        primary: a started cluster, with the settings ``PRIMARY``.
        settings: server settings by name.
    """

    def __init__(
        self, primary: Cluster, settings: Mapping[str, str] | None = None
    ) -> None:
        source = primary.environment()
        conninfo = " ".join(
            f"{name}={source[variable]}"
            for name, variable in (
                ("host", "PGHOST"),
                ("port", "PGPORT"),
                ("user", "PGUSER"),
                ("password", "PGPASSWORD"),
            )
        )
        super().__init__(settings=settings)
        self._primary = primary
        self._conninfo = f"{conninfo} application_name=replica"
        self.user, self.password = primary.user, primary.password

    def _initdb(self) -> None:
        """A base backup by hand, because not every PostgreSQL has pg_basebackup."""
        start, stop = "pg_backup_start", "pg_backup_stop"
        if self.version < 15:
            start, stop = "pg_start_backup", "pg_stop_backup"
        more = ", false" if self.version < 15 else ""
        with psycopg.connect(self._primary.dsn(), autocommit=True) as connection:
            connection.execute(f"SELECT {start}('replica', true{more})")
            shutil.copytree(
                self._primary.data,
                self.data,
                ignore=_NOT_COPIED,
                copy_function=_copy_if_there,
            )
            ending = f"SELECT labelfile FROM {stop}({'false' if more else ''})"
            row: Any = connection.execute(ending).fetchone()
        (self.data / "backup_label").write_text(row[0])
        (self.data / "standby.signal").touch()
        # Where ALTER SYSTEM can change it.
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = '{self._conninfo}'\n")
        for path in (self.data, *self.data.rglob("*")):
            _give_to_server(Path(path))


def _copy_if_there(source: str, target: str) -> None:
    """Copy a file, unless the running server has removed it meanwhile.

    https://www.postgresql.org/docs/current/continuous-archiving.html
    """
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(source, target)
