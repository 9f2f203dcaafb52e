"""The guard and lint judge each call alike, by severity, message and suggestion.

Both see the same revisions and the same database.  Differences have a reason.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import defaultdict
from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep

from alembic_zdt.alembic_compat import interception
from alembic_zdt.checks import severity
from alembic_zdt.checks.engine import lint
from alembic_zdt.checks.policy import Policy
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.checks.revision_file import Directory
from alembic_zdt.commands.lint.offline_run import OfflineRun
from alembic_zdt.errors import UnsafeOperationError
from alembic_zdt.findings import Severity
from alembic_zdt.guard import install, upgrade_guard
from alembic_zdt.oracle.oracle import Oracle
from tests.guard.forms import FORMS

DIFFERENT = {
    "create-all": "of the file: what the models are later",
    "event-loop": "of the file: its functions, not its calls",
    "edited-revision": "of the file, and of the log of revisions",
    "multiple-heads": "of all files",
    "no-lock-timeout": "of the session of a run, which lint does not have",
    "backfill-fires-triggers": "of a directive, which logs its triggers itself",
}
"""Checks for only one of the two, with the reason."""

COUNTED = "ddl-and-rows"
"""The run has added the column, so the planner counts the rows that change: few."""

SILENT = {
    "busy": "nothing: the call waits, or works for long",
    "large": "nothing, likewise",
    "small": "a call takes a moment; but it may break code that runs",
    "empty": "a call takes a moment, and no code uses a table without rows",
}
"""What lets the guard pass calls that lint reports, by the tables' rows and traffic."""

OF_ANY_SIZE = {"own-table", "change-before-directive"}
ALONE = ("autocommit_block", "COMMIT", "ROLLBACK", "commit()", "INSERT")
"""What no savepoint takes back; even the pages of an INSERT stay."""


def is_told(check, state):
    """Check whether the guard, too, tells a problem where the tables are like that."""
    if check.id in DIFFERENT:
        return False
    if check.id in OF_ANY_SIZE or state in {"large", "busy"}:
        return True
    return state == "small" and check.breaks_code


class Told:
    """What the guard tells about a call, and the line at which it stops."""

    def __init__(self, monkeypatch):
        self.clear()
        for name in ("unsafe", "advice"):
            original = getattr(upgrade_guard, name)
            monkeypatch.setattr(upgrade_guard, name, self.seen(original))

    def clear(self):
        self.found, self.line = set(), math.inf

    def seen(self, original):
        def see(check, problem, size, call, *others, **options):
            made = original(check, problem, size, call, *others, **options)
            is_error = isinstance(made, UnsafeOperationError)
            self.line = call.line if is_error else self.line
            self.add("error" if is_error else "warn", check, problem)
            for each in (more for few in others for more in few):
                self.add(each.mode, each.check, each.problem)
                assert each.problem.message in made.detail
            return made

        return see

    def add(self, mode, check, problem):
        severity = {"error": "error", "warn": "warning"}[mode]
        self.found.add((severity, check.id, problem.message, problem.suggestion))


class DoneError(Exception):
    """The end of a run, after which Alembic rolls all of it back."""


def run(engine, config, script, names, told):
    """Run revisions with the guard, roll them back; return what it told of each."""
    found = {}

    def around(name, go_on):
        told.clear()
        with ExitStack() as stack:
            if len(names) > 1:
                stack.callback(connection.begin_nested().rollback)
            # SQLAlchemy writes virtual columns for new servers only.
            refused = UnsafeOperationError, sa.exc.DBAPIError, sa.exc.CompileError
            with suppress(*refused):
                go_on()
            found[name] = (told.found, told.line)
        # The next one is not to know of it.
        vars(environment.get_context()).pop(install._GUARD, None)
        if len(names) == 1:
            raise DoneError

    def steps(_heads, _context):
        for name in names:
            revision = script.get_revision(name)
            step = RevisionStep(script.revision_map, revision, True)
            interception.run_within(step, functools.partial(around, name))
            yield step
        raise DoneError

    with (
        suppress(DoneError),
        engine.connect() as connection,
        EnvironmentContext(config, script, fn=steps) as environment,
    ):
        environment.configure(connection=connection)
        with environment.begin_transaction():
            environment.run_migrations()
    return found


@pytest.fixture
def forms(project):
    """Write a revision for each form; return the checks, by setup and revision."""
    found, numbers = defaultdict(dict), itertools.count(1)
    for check in all_checks().values():
        if "def upgrade():" in check.bad:
            continue
        for body in (check.bad, *FORMS.get(check.id, ())):
            name, downgrade = f"r{next(numbers):03}", 'op.irreversible("a test")'
            project.revision(name, body, downgrade, down_revision=None)
            found[check.setup][name] = (check, body)
    return found


TABLES = """\
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'm') AND nspname IN (%s, 'shop') ORDER BY relkind = 'm'"""


def make(db, setup, *, is_empty):
    """Make the tables of an example anew; each has rows, or none has.

    Before PostgreSQL 15 the counts of rows arrive late.  Those of rows that the same
    transaction takes away never do.
    """
    with db.connection.transaction():
        tables = make_unanalyzed(db, setup, is_empty=is_empty)
    if tables:
        db.execute(f"ANALYZE {', '.join(tables)}")


def make_unanalyzed(db, setup, *, is_empty):
    db.execute("DROP SCHEMA IF EXISTS shop CASCADE")
    db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}; {setup}")
    tables = db.column(TABLES, db.schema)
    for table in tables:
        if table == "totals":
            db.execute(f"REFRESH MATERIALIZED VIEW {table}")
        elif is_empty:
            db.execute(f"TRUNCATE {table} CASCADE")
        elif not db.value(f"SELECT count(*) FROM {table}"):
            db.execute(f"INSERT INTO {table} SELECT generate_series(1, 100)")
    return tables


@pytest.fixture
def judged(db, project, forms, monkeypatch):
    """Return a function that judges the forms of a setup, in one state of its tables.

    It yields, for each form, what lint tells and what the guard does.
    """
    told = Told(monkeypatch)
    offline = OfflineRun(project.config(), "heads", downgrade=False)
    recorded = {r.script.revision: r for r in offline.recorded().revisions}
    engine = sa.create_engine(db.url("psycopg"), poolclass=sa.StaticPool)
    monkeypatch.setattr(severity, "_MANY_ROWS", 50)

    def by_lint(name, small):
        with engine.connect() as connection:
            oracle = Oracle(connection, timedelta(seconds=1))
            policy = Policy(small_table_rows=small)
            return list(lint([recorded[name]], None, policy, oracle, Directory()))

    known = {}

    def judge(state, setup, names):
        small = 1000 if state == "small" else 10
        config = project.config()
        config.set_section_option("alembic_zdt", "small_table_rows", str(small))
        monkeypatch.setattr(severity, "_BUSY", -1 if state == "busy" else math.inf)
        if state != "small":  # the runs roll back what they do
            make(db, setup, is_empty=state == "empty")
        if state in {"large", "busy"}:  # small tables change nothing of what is told
            known.update({name: by_lint(name, small) for name in names})
        alone = [n for n in names if any(word in names[n][1] for word in ALONE)]
        together = [n for n in names if n not in alone]
        found = run(engine, config, offline.script, together, told)
        for name in alone:
            found |= run(engine, config, offline.script, [name], told)
            make(db, setup, is_empty=state == "empty")
        for name, (by_guard, line) in found.items():
            yield names[name], told_until(line, known[name]), by_guard

    yield judge
    engine.dispose()


def told_until(line, findings):
    """Return what lint tells, up to the line at which the guard stops."""
    return {
        (each.severity.value, each.check, each.message, each.suggestion)
        for each in findings
        if each.severity is not Severity.NOTE and each.line <= line
    }


def wanted(names, state):
    """Return all forms for large tables, else the examples of the checks.

    Readers and writers make only warnings worse.
    """
    if state == "large":
        return names
    return {
        name: (check, body)
        for name, (check, body) in names.items()
        if body == check.bad and (state != "busy" or check.severity is Severity.WARNING)
    }


@pytest.mark.filterwarnings("ignore")
def test_each_call_is_judged_alike(forms, judged):
    unlike, count, checks = [], 0, all_checks()
    for (setup, names), state in itertools.product(forms.items(), SILENT):
        if not wanted(names, state):
            continue
        for (check, body), by_lint, by_guard in judged(
            state, setup, wanted(names, state)
        ):
            expected = {each for each in by_lint if is_told(checks[each[1]], state)}
            found = {each for each in by_guard if each[1] not in DIFFERENT}
            if check.id == COUNTED:
                expected = {each for each in expected if each[1] != "change-rows"}
            count += 1
            if found != expected:
                unlike.append((state, body, expected - found, found - expected))

    assert unlike == []
    assert count > 300
