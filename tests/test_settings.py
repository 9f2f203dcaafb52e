"""Settings: four sources, the first one that has a value wins, mistakes are named."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import SettingError
from alembic_zdt.settings import Settings
from tests.support.messages import error_page, without_revision

NAMES = (
    "lock_timeout, lock_patience, lock_deadline, snapshot_deadline, blockers, "
    "blocker_roles, blocker_applications, statement_timeout, "
    "progress_interval, progress, sql_flavor, target_version, show_queries, "
    "maintenance_work_mem, max_parallel_maintenance_workers, "
    "backfill_table, queue_table, queue_per_server, backfill_schema, "
    "backfill_triggers, backfill_max_replica_lag, "
    "backfill_max_wal_rate, backfill_max_archive_backlog, "
    "backfill_wait_for_autovacuum, backfill_max_active_sessions, "
    "backfill_max_lock_waiters, backfill_window, backfill_throttle, "
    "log_table, step_table, "
    "emit_contract, migration_lock, migration_lock_deadline, allow_same_run, "
    "old_sessions, ignore_applications, ignore_roles, stock_upgrade, guard, "
    "small_table_rows, check_modes, table_modes, start_after, notify_url"
)
INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'


class Sources:
    """Writes a setting to one of the four sources."""

    def __init__(self, project):
        self.project = project
        self.x = ()

    def set(self, source, name, value):
        getattr(self, source)(name, value)

    def command_line(self, name, value):
        self.x = (*self.x, f"zdt.{name}={value}")

    def configure(self, name, value):
        self.project.configure(**{f"zdt_{name}": value})

    def ini(self, name, value):
        self.project.settings(**{name: value})

    def pyproject(self, name, value):
        text = f'[tool.alembic_zdt]\n{name} = "{value}"\n'
        self.project.write("pyproject.toml", text)


WORDS = {
    "command_line": "-x zdt.<name>",
    "configure": "context.configure(zdt_<name>=)",
    "ini": "[alembic_zdt] of alembic.ini",
    "pyproject": "[tool.alembic_zdt] of pyproject.toml",
}
ORDER = tuple(WORDS)


@pytest.fixture
def sources(db, project, monkeypatch):
    """Four empty sources of a project with one index to build."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    project.revision("r1", INDEX)
    # pyproject.toml is looked for where the command is started.
    monkeypatch.chdir(project.folder)
    return Sources(project)


@pytest.mark.parametrize("source", ORDER)
def test_unknown_setting_is_named(db, project, sources, source):
    """With the source, the valid ones, and what may have been meant."""
    sources.set(source, "lock_timeot", "200ms")

    with pytest.raises(SettingError) as caught:
        project.upgrade(x=sources.x)

    assert without_revision(str(caught.value)) == (
        f'unknown setting "lock_timeot" in {WORDS[source]}\n'
        f"detail: Valid settings are {NAMES}.\n"
        'hint: Did you mean "lock_timeout"? Correct or remove it.\n'
        f"docs: {error_page('setting')}"
    )
    assert not db.exists("alembic_version")


ILL_TYPED = {
    "lock_timeout": (
        "200",
        'a duration with its unit, such as "200ms", "2s" or "5min"',
        "lock_timeout = 200ms",
    ),
    "progress": (
        "loud",
        'one of "auto", "live", "log", "off"',
        "progress = auto",
    ),
    "target_version": ("new", "a whole number", "target_version = 14"),
    "show_queries": ("maybe", "true or false", "show_queries = true"),
}


@pytest.mark.parametrize("name", ILL_TYPED)
@pytest.mark.parametrize("source", ORDER)
def test_ill_typed_setting_is_explained(db, project, sources, source, name):
    """What it must be, and an example."""
    value, expected, example = ILL_TYPED[name]
    sources.set(source, name, value)

    with pytest.raises(SettingError) as caught:
        project.upgrade(x=sources.x)

    assert without_revision(str(caught.value)) == (
        f'setting "{name}" in {WORDS[source]} cannot be "{value}"\n'
        f"detail: It must be {expected}.\n"
        f'hint: Write for example "{example}".\n'
        f"docs: {error_page('setting')}"
    )


WINDOW = (
    'two times and a time zone that Python knows, such as "22:00-05:00 Europe/Berlin" '
    "(without a system database of time zones, install tzdata)"
)
RULES = (
    'rules such as "idle in transaction > 30s: terminate, active > 10min: cancel" '
    "(a session that is idle cannot be cancelled)"
)
UNREADABLE = {
    "blockers": (
        "idle in transaction > 30s: cancel",
        RULES,
        "blockers = idle in transaction > 30s: terminate",
    ),
    "backfill_max_wal_rate": (
        "50",
        'a size with its unit, such as "50MB" or "2GB"',
        "backfill_max_wal_rate = 50MB",
    ),
    "backfill_window": (
        "22:00-05:00",
        WINDOW,
        "backfill_window = 22:00-05:00 Europe/Berlin",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_value_that_its_type_cannot_read_is_explained(name):
    """Sizes, windows and rules say what they must be."""
    value, expected, example = UNREADABLE[name]

    with pytest.raises(SettingError) as caught:
        Settings.from_sources(("the test", {name: value}))

    assert str(caught.value).startswith(
        f'setting "{name}" in the test cannot be "{value}"\n'
        f"detail: It must be {expected}.\n"
        f'hint: Write for example "{example}".\n'
    )


@pytest.mark.parametrize("name", ["backfill_table", "log_table"])
def test_table_without_a_name_is_refused(project, sources, name):
    """A query for it would fail, and end the transaction of the migration."""
    sources.command_line(name, "")

    with pytest.raises(SettingError, match=f'"{name}" must not be empty'):
        project.upgrade(x=sources.x)


@pytest.mark.parametrize("zero", ["0s", "0ms"])
def test_no_timeout_at_all_is_refused(project, sources, zero):
    """Zero would mean endless in PostgreSQL."""
    sources.command_line("lock_timeout", zero)

    with pytest.raises(SettingError) as caught:
        project.upgrade(x=sources.x)

    assert without_revision(str(caught.value)) == (
        'setting "lock_timeout" must be more than zero\n'
        "detail: Zero means no timeout: the application waits with the migration.\n"
        'hint: Use a duration such as "200ms".\n'
        f"docs: {error_page('setting')}"
    )


@pytest.mark.parametrize("first", range(4))
def test_first_source_wins(project, sources, first):
    """-x, then env.py, then the ini, then pyproject.toml."""
    flavors = dict.fromkeys(ORDER[first + 1 :], "plain")
    for source, flavor in flavors.items():
        sources.set(source, "sql_flavor", flavor)
    sources.set(ORDER[first], "sql_flavor", "psql")

    assert r"\gexec" in project.sql("base:head", x=sources.x)


@pytest.mark.parametrize("only", ORDER)
def test_each_source_is_read(project, sources, only):
    """One source is enough."""
    assert r"\gexec" in project.sql("base:head")

    sources.set(only, "sql_flavor", "plain")

    assert r"\gexec" not in project.sql("base:head", x=sources.x)


def test_different_settings_come_from_different_sources(project, sources):
    """A source that sets something else does not hide the others."""
    sources.command_line("lock_timeout", "90ms")
    sources.ini("sql_flavor", "plain")
    project.revision("r2", 'op.drop_not_null("users", "email")')

    text = project.sql("base:head", x=sources.x)

    assert r"\gexec" not in text
    assert "90" in text


def test_corrected_setting_lets_the_run_go_on(project, sources):
    """Nothing had been changed."""
    sources.ini("lock_timeout", "soon")
    with pytest.raises(SettingError):
        project.upgrade()

    sources.ini("lock_timeout", "100ms")
    project.upgrade()

    assert project.current == ["r1"]


@pytest.mark.parametrize("source", ORDER)
def test_command_line_prints_one_failure(project, sources, source):
    """No traceback, exit code 255."""
    sources.set(source, "lock_timeout", "soon")

    done = project.cli("upgrade", "head", x=sources.x)

    assert done.rc == 255
    assert "Traceback" not in done.output
    assert done.output.count('FAILED: setting "lock_timeout" in') == 1
