"""Settings that a role or a database has change nothing of what a workflow does.

``make test`` sets many that do not exclude each other at once, ``make test-matrix``
also each by itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import pytest

from tests.operations.cases import CASES
from tests.runner.script.scripts import scripts_of, without_versions
from tests.support.choice import FULL
from tests.support.db import Db

TOGETHER = {
    "array_nulls": "off",
    "backslash_quote": "off",
    "bytea_output": "escape",
    "check_function_bodies": "off",
    "client_min_messages": "error",
    "constraint_exclusion": "on",
    "datestyle": "German, DMY",
    "default_statistics_target": "1",
    "default_transaction_deferrable": "on",
    "default_transaction_isolation": "serializable",
    "enable_indexscan": "off",
    "enable_seqscan": "off",
    "escape_string_warning": "off",
    "extra_float_digits": "-15",
    "from_collapse_limit": "1",
    "gin_fuzzy_search_limit": "1",
    "idle_in_transaction_session_timeout": "3s",
    "intervalstyle": "sql_standard",
    "jit": "on",
    "jit_above_cost": "0",
    "join_collapse_limit": "1",
    "lock_timeout": "2s",
    "log_statement": "all",
    "plan_cache_mode": "force_generic_plan",
    "quote_all_identifiers": "on",
    "row_security": "off",
    "standard_conforming_strings": "off",
    "statement_timeout": "10s",
    "synchronous_commit": "off",
    "timezone": "Asia/Kathmandu",
    "transform_null_equals": "on",
    "vacuum_freeze_min_age": "0",
    "work_mem": "64kB",
    "xmlbinary": "hex",
    "xmloption": "document",
}
ALONE = {
    "client_encoding": "LATIN1",
    "default_table_access_method": "heap",
    "default_tablespace": "pg_default",
    "default_toast_compression": "pglz",
    "enable_hashjoin": "off",
    "idle_session_timeout": "1h",
    "lc_messages": "C",
    "plan_cache_mode": "force_custom_plan",
    "search_path": '"$user", "none ""of\'these", {schema}, public',
    "session_replication_role": "replica",
    "transaction_timeout": "10s",
}
SINCE = {"transaction_timeout": 17}
SETS = {"together": TOGETHER}
if FULL:
    SETS |= {name: {name: value} for name, value in TOGETHER.items()}
SETS |= {f"{name}-alone": {name: value} for name, value in ALONE.items() if FULL}
OWN_PATH = "search_path"

WORKFLOWS = (
    "index-with-everything",
    "not-null",
    "rename-column",
    "column-type",
    "add-column",
    "rename-enum-value",
)
if FULL:
    WORKFLOWS += (
        "foreign-key",
        "rename-column-by-view",
        "rename-table",
        "remove-enum-value",
    )
BY_NAME = {case.id: case for case in CASES}


@contextlib.contextmanager
def by_default(db: Db, settings: Mapping[str, str], *, of_role: bool) -> Iterator[None]:
    """What new sessions of the database begin with, or those of its role."""
    role = db.value("SELECT quote_ident(current_user)")
    whose = f"ROLE {role} IN DATABASE {db.database}" if of_role else None
    whose = whose or f"DATABASE {db.database}"
    for name, value in settings.items():
        if db.server.version >= SINCE.get(name, 0):
            path = value.format(schema=db.schema)
            shown = path if name == OWN_PATH else f"'{value}'"
            db.execute(f"ALTER {whose} SET {name} = {shown}")
    try:
        yield
    finally:
        kept = f"ALTER DATABASE {db.database} SET search_path = {db.schema}"
        db.execute(f"ALTER {whose} RESET ALL; {kept}")


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize("settings", SETS)
@pytest.mark.parametrize("case", WORKFLOWS)
def test_workflow_does_the_same(db, project, driver, case, settings):
    """Up, down and up, and again by the script that psql runs; the rows are kept."""
    workflow = BY_NAME[case]
    of_role = WORKFLOWS.index(case) % 2 == 0
    for statement in workflow.setup:
        db.execute(statement)
    up, down = scripts_of(project, workflow, "psql") if workflow.offline else ("", "")
    project.upgrade()
    after = db.catalog(), db.checksums()
    project.downgrade()
    before = db.catalog(), db.checksums()

    with by_default(db, SETS[settings], of_role=of_role):
        project.upgrade()
        assert (db.catalog(), db.checksums()) == after
        project.downgrade()
        assert (db.catalog(), db.checksums()) == before
        if workflow.offline:
            project.psql(without_versions(up)).ok()
            assert (db.catalog(), db.checksums()) == after
            project.psql(without_versions(down)).ok()
            assert (db.catalog(), db.checksums()) == before
        project.upgrade()

    assert (db.catalog(), db.checksums()) == after
