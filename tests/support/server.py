"""One PostgreSQL server for the whole run, shared by all xdist workers."""

from __future__ import annotations

import dataclasses
import operator
import os
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tools.postgres import Cluster, Server, find_binaries

SERVER = pytest.StashKey[Server]()
COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
SETTINGS = {
    "max_connections": "200",
    "max_prepared_transactions": "10",
    "max_locks_per_transaction": "256",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    # In memory old WAL takes the room of the tests' tables.
    "max_wal_size": "256MB",
}


def server_of(config: pytest.Config) -> Server:
    """Return the run's server; the first one to ask starts it."""
    if SERVER not in config.stash:
        config.stash[SERVER] = _inherited(config) or _given() or _started()
    return config.stash[SERVER]


def stop_server_of(config: pytest.Config) -> None:
    """Stop the server if this process started it."""
    server = config.stash.get(SERVER, None)
    if isinstance(server, Cluster):
        server.stop()
        del config.stash[SERVER]


def as_worker_input(server: Server) -> dict[str, Any]:
    """Return the address in the plain types that xdist can send to a worker."""
    fields = {f.name: getattr(server, f.name) for f in dataclasses.fields(Server)}
    return fields | {"bin": str(server.bin)}


def version_fits(spec: str, version: int) -> bool:
    """Say whether a server's major version fits a spec such as ``">=16"``."""
    found = re.fullmatch(r"\s*(>=|<=|==|>|<)\s*(\d+)\s*", spec)
    if found is None:
        msg = f"marker pg wants a comparison such as '>=16', not {spec!r}"
        raise pytest.UsageError(msg)
    return bool(COMPARISONS[found[1]](version, int(found[2])))


def _inherited(config: pytest.Config) -> Server | None:
    fields = getattr(config, "workerinput", {}).get("zdt_server")
    if fields is None:
        return None
    return Server(**fields | {"bin": Path(fields["bin"])})


def _given() -> Server | None:
    dsn = os.environ.get("ZDT_TEST_DSN")
    if not dsn:
        return None
    with psycopg.connect(dsn) as connection:
        version = connection.info.server_version // 10000
    return Server.from_dsn(dsn, version=version, binaries=find_binaries())


def _started() -> Server:
    return Cluster(settings=SETTINGS, in_memory=True).start()
