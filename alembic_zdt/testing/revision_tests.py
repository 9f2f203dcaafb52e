"""The tests that each revision of a project gets, and those of all revisions.

https://alembic.sqlalchemy.org/en/latest/branches.html#working-with-multiple-bases
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType

import pytest
from alembic.util import CommandError

from alembic_zdt.commands.check import check
from alembic_zdt.errors import IrreversibleOperationError, OfflineUnsupportedError
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.testing.catalog_snapshot import differences
from alembic_zdt.testing.kit import Kit
from alembic_zdt.testing.scratch_database import ScratchDatabase
from alembic_zdt.testing.script_replay import run_script
from alembic_zdt.tracing.stalls import stalls
from alembic_zdt.tracing.traced_statement import TracedStatement

_IRREVERSIBLE = (IrreversibleOperationError, NotImplementedError)


def up_down_up(kit: Kit, revision: str) -> None:
    """Upgrade, downgrade and upgrade again."""
    with kit.database_before(revision) as database:
        database.upgrade(revision)
        _revert(database, revision)
        database.upgrade(revision)


def leaves_no_trace(kit: Kit, revision: str) -> None:
    """Compare the catalog before an upgrade with that after the downgrade."""
    with kit.database_before(revision) as database:
        before = database.snapshot()
        database.upgrade(revision)
        _revert(database, revision)
        found = differences(before, database.snapshot())
    _fail_for(found, f"the downgrade of revision {revision} leaves a trace")


def no_stall(kit: Kit, revision: str) -> None:
    """Trace the locks and scans of the upgrade and the downgrade on large tables."""
    with kit.database_before(revision) as database:
        large = over(database.url, kit.large_tables.among)
        with database.traced() as tracer:
            database.upgrade(revision)
            with suppress(*_IRREVERSIBLE):
                database.revert(revision)
    _warn_of_unseen(tracer.statements)
    found = [str(each) for each in stalls(tracer.statements, large)]
    _fail_for(found, f"the application may wait for revision {revision}")


def _warn_of_unseen(statements: Sequence[TracedStatement]) -> None:
    for each in statements:
        if not each.is_lock_seen and not each.failed:
            warnings.warn(f"could not see the locks of {each.sql}", stacklevel=2)


def script_equals_online(kit: Kit, revision: str) -> None:
    """Compare the catalog after the script with that after an upgrade."""
    with kit.database_before(revision) as online, kit.database_before(revision) as one:
        script = _script(online, revision)
        online.upgrade(revision)
        path = kit.project.search_path
        over(one.url, lambda connection: run_script(connection, script, path))
        found = differences(online.snapshot(), one.snapshot())
    _fail_for(found, f"the script of revision {revision} differs from its upgrade")


def one_head(kit: Kit) -> None:
    """Check that there is one head, or that each head is that of a labelled branch."""
    script = kit.project.script
    heads = script.get_heads()
    labels = [frozenset(script.get_revision(head).branch_labels) for head in heads]
    if len(heads) > 1 and (not all(labels) or len({*labels}) < len(heads)):
        pytest.fail(
            f"there are {len(heads)} heads: {', '.join(sorted(heads))}\n"
            "hint: merge them, or give each of them a label in branch_labels",
            pytrace=False,
        )


def models_match(kit: Kit) -> None:
    """Compare the models with the database after all revisions."""
    with kit.database_at_the_heads() as database:
        config = kit.project.config_for(database.url)
        with kit.project.pointing_to(database.url), _without_models():
            checked = check(config)
    found = [
        each.message for each in checked.findings if each.check == "model-difference"
    ]
    _fail_for(found, "the models differ from the revisions")


OF_EACH_REVISION: MappingProxyType[str, Callable[[Kit, str], None]] = MappingProxyType(
    {
        function.__name__: function
        for function in (up_down_up, leaves_no_trace, no_stall, script_equals_online)
    }
)
OF_ALL: MappingProxyType[str, Callable[[Kit], None]] = MappingProxyType(
    {function.__name__: function for function in (one_head, models_match)}
)


def _revert(database: ScratchDatabase, revision: str) -> None:
    try:
        database.revert(revision)
    except _IRREVERSIBLE as error:
        pytest.skip(f"revision {revision} has no downgrade: {error}")


def _script(database: ScratchDatabase, revision: str) -> str:
    try:
        return database.script(revision)
    except OfflineUnsupportedError as error:
        pytest.skip(f"revision {revision} has no script: {error}")


@contextmanager
def _without_models() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        if "does not provide a MetaData object" not in str(error):
            raise
        pytest.skip("env.py has no target_metadata")


def _fail_for(found: list[str], primary: str) -> None:
    if found:
        pytest.fail("\n".join([primary, *found]), pytrace=False)
