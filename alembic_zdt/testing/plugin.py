"""The pytest plugin, if the test kit is on: fixtures, and the end of the run.

https://docs.pytest.org/en/stable/reference/reference.html#hooks
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.testing.items import RevisionItem, TestedMigrations
from alembic_zdt.testing.kit import FOLDER, KIT, Kit
from alembic_zdt.testing.large_tables import tables_in
from alembic_zdt.testing.scratch_database import ScratchDatabase
from alembic_zdt.testing.seen_locks import SeenLocks
from alembic_zdt.tracing.traffic import Traffic, as_written

Rows = Sequence[Mapping[str, Any]]


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the kit, which starts no server yet."""
    kit = config.stash[KIT] = Kit(config)
    # Also in a worker of pytest-xdist, which gets only the arguments that the user
    # typed.
    if _names_no_tests(config):
        config.args.append(str(kit.project.path))


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Refuse to run all tests if the file for the generated tests is missing."""
    path = session.config.stash[KIT].project.path
    if _names_no_tests(session.config) and not path.is_file():
        raise pytest.UsageError(
            f'there is no file "{path}" from which to generate tests of revisions\n'
            "hint: set zdt_config in the ini file to the path of Alembic's "
            "configuration"
        )


def _names_no_tests(config: pytest.Config) -> bool:
    return config.args_source is not pytest.Config.ArgsSource.ARGS


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> TestedMigrations | None:
    """Collect the tests of the revisions from Alembic's configuration."""
    if file_path != parent.config.stash[KIT].project.path:
        return None
    found: TestedMigrations = TestedMigrations.from_parent(parent, path=file_path)
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the generated tests, because another order needs more databases."""
    generated = [item for item in items if isinstance(item, RevisionItem)]
    ordered = iter(sorted(generated, key=lambda item: item.order))
    items[:] = [
        next(ordered) if isinstance(item, RevisionItem) else item for item in items
    ]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each worker of pytest-xdist the folder of the server that they share."""
    node.workerinput[FOLDER] = node.config.stash[KIT].shared_folder


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


@pytest.fixture
def zdt_locks(
    zdt_database: ScratchDatabase,
) -> Callable[[], AbstractContextManager[SeenLocks]]:
    """Return a function that looks at the locks of its body in the test's database."""

    @contextmanager
    def looking() -> Iterator[SeenLocks]:
        tables = over(zdt_database.url, tables_in)
        with zdt_database.traced() as tracer:
            own = zdt_database.project.own_tables
            yield SeenLocks(tracer.statements, tables, own)

    return looking


@pytest.fixture
def zdt_traffic(
    zdt_database: ScratchDatabase,
) -> Callable[..., AbstractContextManager[Traffic]]:
    """Return a function that sends statements to the database while its body runs."""

    @contextmanager
    def sending(*statements: str, rate: float = 50) -> Iterator[Traffic]:
        url = zdt_database.url
        traffic = Traffic(partial(over, url), as_written(statements), rate)
        with traffic.running():
            yield traffic

    return sending
