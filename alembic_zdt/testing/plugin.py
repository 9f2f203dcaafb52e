"""The plugin of pytest while it is on: fixtures, and the end of the run.

https://docs.pytest.org/en/stable/reference/reference.html#hooks
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from alembic_zdt.testing.items import TestedMigrations
from alembic_zdt.testing.kit import KIT, Kit
from alembic_zdt.testing.scratch_database import ScratchDatabase

Rows = Sequence[Mapping[str, Any]]


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the kit, which starts no server yet."""
    kit = config.stash[KIT] = Kit(config)
    # A worker of pytest-xdist collects what its controller does.
    is_open = config.args_source is not pytest.Config.ArgsSource.ARGS
    if is_open and not hasattr(config, "workerinput") and kit.project.path.is_file():
        config.args.append(str(kit.project.path))


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> TestedMigrations | None:
    """Collect the tests of the revisions from Alembic's configuration."""
    if file_path != parent.config.stash[KIT].project.path:
        return None
    found: TestedMigrations = TestedMigrations.from_parent(parent, path=file_path)
    return found


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each worker of pytest-xdist the address of one server."""
    node.workerinput["zdt_url"] = node.config.stash[KIT].server_url


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop the databases, and stop the server."""
    config.stash[KIT].close()


@pytest.fixture
def zdt_database(request: pytest.FixtureRequest) -> Iterator[ScratchDatabase]:
    """Make a database for this test, without any revision applied."""
    with request.config.stash[KIT].database() as database:
        yield database


@pytest.fixture
def zdt_upgrade(zdt_database: ScratchDatabase) -> Callable[..., None]:
    """Return a function that upgrades the test's database to a revision."""
    return zdt_database.upgrade


@pytest.fixture
def zdt_rows(zdt_database: ScratchDatabase) -> Callable[..., None]:
    """Return a function that inserts rows before a revision runs."""

    def insert(
        revision: str, table: str, rows: Rows, *, schema: str | None = None
    ) -> None:
        zdt_database.upgrade_before(revision)
        zdt_database.insert(table, rows, schema)

    return insert
