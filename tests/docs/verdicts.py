"""Says of everything that is shown which test runs it, or why none does.

Most is run because a test takes it from the page: the blocks of a terminal by
``test_pages.py``, calls of our programs by ``test_commands.py``, Python by
``test_examples.py``.  The rest is in :data:`RUN` and :data:`NOT_RUN`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatch

from tests.docs.command_lines import is_ours
from tests.docs.shown import Shown, shown

PAGES = "tests/docs/test_pages.py"
EXAMPLES = "tests/docs/test_examples.py"
COMMANDS = "tests/docs/test_commands.py"
QUICKSTART = "tests/docs/test_quickstart.py"
COMPAT = "tests/examples/test_compat_of_examples.py"
FACTS = "tests/facts/test_collection.py"
LINT_FACTS = "tests/commands/test_lint_facts.py"
PLAN_FACTS = "tests/commands/test_plan_facts.py"
TYPED = ("shell", "inline", "yaml", "docstring")
STARTS_A_SERVER = re.compile("alembic-zdt (board|compat|rehearse)")
PREPARATION = re.compile(r"(export|cd) ")


class How(Enum):
    """What becomes of a command."""

    RUN = "run"
    PARSED = "parsed only"
    NOT_RUN = "not run"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """What becomes of a command, and the test or the reason."""

    how: How
    why: str


@dataclass(frozen=True)
class Run:
    """A command that a test runs without taking it from the page.

    Attributes:
        text: what the command, or the file that code is taken from, begins with.
        test: the test, or the script of CI.
        holds: what stands in that file, so that it can be seen there.
        path: the files that show it.
        kind: how it is shown.
    """

    text: str
    test: str
    holds: str
    path: str = "*"
    kind: str = "*"


DEMO = "tests/examples/test_demo.py"
PICTURES = "tests/benchmarks/test_pictures.py"
FLEET_ENGINES = "tests/fleet/test_fleet_engines.py"
DEPLOYMENTS = "tests/examples/test_deployments.py"
REVIEWS = "tests/examples/test_review_pipelines.py"
BY_PHASE = "tests/commands/test_upgrade.py"
OLD_SESSIONS = "tests/contract_gate/test_old_sessions.py"
DUAL_WRITE = "tests/benchmarks/test_dual_write.py"
RUN = (
    # What is made from the code is run where it is made from.
    Run("", "tests/checks/test_rules.py", "check.bad", "docs/checks/*", "python"),
    Run("", "tests/checks/test_rules.py", "check.good", "docs/checks/*", "sql"),
    Run(
        "",
        "tests/docs/test_directive_pages.py",
        "directive.parts.example",
        "docs/directives/*",
        "python",
    ),
    Run(
        "op.",
        "tests/docs/test_directive_pages.py",
        "directive.parts.example",
        "alembic_zdt/operations/*",
        "python",
    ),
    Run(
        "op.",
        "tests/docs/test_directive_pages.py",
        "directive.parts.example",
        "alembic_zdt/workflows/*",
        "python",
    ),
    Run(
        "pytest alembic.ini",
        "tests/examples/test_kit_of_examples.py",
        '"alembic.ini"',
    ),
    Run(
        'pytest "alembic.ini::',
        "tests/testing/test_revision_tests.py",
        'kit.run("alembic.ini::up_down_up[0002]")',
    ),
    Run(
        "examples/fastapi_app/",
        "tests/examples/test_kit_of_examples.py",
        'run(pytester, cluster, "fastapi_app")',
        "docs/testing.md",
        "python",
    ),
    Run(
        "op.",
        "tests/autogenerate/changes/test_changes.py",
        "GOLDEN",
        "docs/generated-changes.md",
        "python",
    ),
    # Python that is taken from a file of the repository.
    Run("tests/docs/recipes/", "tests/docs/test_recipes.py", 'RECIPES / "found'),
    Run("examples/shop/migrations/versions_zdt/", "tests/docs/test_pages.py", "PAGES"),
    Run(
        "examples/shop/migrations/versions_stock/", "tests/docs/test_pages.py", "README"
    ),
    Run("examples/fastapi_app/app.py", "tests/examples/test_fastapi_app.py", "app:app"),
    Run("examples/flask_app/migrations/env.py", DEPLOYMENTS, "flask_images"),
    Run("./deploy.sh", DEPLOYMENTS, '"deploy.sh"'),
    Run("VERSION=2.0 docker compose", "tests/examples/pipelines.py", "COMPOSE"),
    Run(
        "examples/procrastinate_worker/worker.py",
        "tests/backfill/test_job_engine.py",
        "examples.procrastinate_worker.worker.app",
    ),
    Run(
        "examples/celery_worker/tasks.py",
        "tests/backfill/test_job_engine.py",
        "examples.celery_worker.tasks",
    ),
    Run(
        "alembic -x zdt.old_sessions=wait=",
        OLD_SESSIONS,
        "zdt.old_sessions=wait=1min",
    ),
    Run(
        "alembic-zdt upgrade",
        OLD_SESSIONS,
        'renamed.cli("upgrade", module="alembic_zdt")',
        "alembic_zdt/contract_gate/*",
    ),
    Run(
        "alembic-zdt upgrade --after-deploy",
        BY_PHASE,
        "upgrade --after-",
        "alembic_zdt/*",
    ),
    Run(
        "alembic-zdt upgrade --before-deploy",
        BY_PHASE,
        '"--before-deploy"',
        "alembic_zdt/*",
    ),
    Run(
        "alembic-zdt revision --autogenerate",
        "tests/autogenerate/writing/test_fitting_in.py",
        'cli("revision", "--autogenerate", "-m", "x", module="alembic_zdt")',
        "alembic_zdt/commands/check.py",
    ),
    Run(
        "alembic-zdt explain",
        "tests/commands/test_explain.py",
        '"explain", "set-not-null"',
        "alembic_zdt/*",
    ),
    Run(
        "alembic-zdt contract",
        "tests/autogenerate/writing/test_contract_later.py",
        'cli("contract"',
        "alembic_zdt/commands/*",
    ),
    Run(
        "alembic-zdt backfill run",
        "tests/commands/test_wait.py",
        'cli("backfill", "run"',
        "alembic_zdt/commands/wait.py",
    ),
    *(
        Run(command, "tests/queueing/test_queued_builds.py", holds, path)
        for command, holds in (
            ("alembic-zdt queue", 'orders.zdt("retry", NAME).ok()'),
            ("alembic-zdt work", "orders.work().ok()"),
        )
        for path in ("alembic_zdt/queueing/*", "alembic_zdt/commands/night_*.py")
    ),
    Run(
        "alembic-zdt backfill resume",
        "tests/backfill/test_background.py",
        'zdt(held, "resume", NAME).ok()',
        "alembic_zdt/backfill/*",
    ),
    Run(
        "alembic-zdt downgrade",
        "tests/commands/test_wait.py",
        'cli("downgrade", "r2", module="alembic_zdt")',
        "alembic_zdt/commands/compatibility.py",
    ),
    Run(
        "alembic current",
        "tests/runner/test_lost_outside_directives.py",
        'cli("current")',
        "alembic_zdt/runner/*",
    ),
    Run(
        "alembic history --indicate-current",
        "tests/commands/test_wait.py",
        'cli("history", "--indicate-current")',
        "alembic_zdt/commands/compatibility.py",
    ),
    Run(
        "alembic -x zdt.guard=off downgrade -1",
        "tests/guard/test_guard.py",
        '"-x", "zdt.guard=off", "downgrade", "-1"',
        "alembic_zdt/guard/*",
    ),
    # Programs of the examples.
    Run(
        "MIGRATIONS=run uvicorn app:app", "tests/examples/test_fastapi_app.py", '"run"'
    ),
    Run(
        "MIGRATIONS=wait uvicorn app:app",
        "tests/examples/test_fastapi_app.py",
        '"wait"',
    ),
    Run(
        "procrastinate --app=examples.procrastinate_worker.worker.app schema --apply",
        "tests/backfill/test_job_engine.py",
        'procrastinate("schema", "--apply")',
    ),
    Run(
        "procrastinate --app=examples.procrastinate_worker.worker.app worker",
        "tests/backfill/test_job_engine.py",
        'procrastinate("worker"',
    ),
    Run(
        "python benchmarks/fleet_status.py",
        "tests/benchmarks/test_fleet_status.py",
        '"fleet_status"',
    ),
    Run(
        "procrastinate --app=examples.procrastinate_fleet.worker.app schema --apply",
        FLEET_ENGINES,
        'procrastinate("schema", "--apply")',
    ),
    Run(
        "procrastinate --app=examples.procrastinate_fleet.worker.app worker",
        FLEET_ENGINES,
        'procrastinate("worker"',
    ),
    Run(
        "alembic-zdt fleet enqueue --to examples.procrastinate_fleet.worker:enqueue",
        FLEET_ENGINES,
        '"fleet", "enqueue", "--to", TO',
    ),
    Run(
        "ZDT_DATABASE_URL=postgresql+psycopg://... ROWS=1000000 python fill.py",
        "docs/tutorial.md",
        "$ ROWS=2000 python fill.py",
    ),
    Run("pip install", QUICKSTART, "install_lines_of_the_readme", "README.md"),
    Run('pip install "alembic-zdt[parse]"', QUICKSTART, "quickstart_works"),
    # Our own tools.
    Run("python -m tools.postgres", "tests/house/test_tools.py", "tools.postgres"),
    Run("make build", ".ci/run", "make build"),
    Run("alembic-zdt compat", COMPAT, '"compat", "--base", "origin/main"'),
    Run(
        "alembic-zdt rehearse",
        "tests/commands/test_rehearse.py",
        '"rehearse", "--on", server',
    ),
    Run("alembic-zdt board", "tests/support/boards.py", '"board", "--port"'),
    Run("alembic-zdt facts", FACTS, '"facts", "export"'),
    Run("alembic-zdt lint --facts", LINT_FACTS, '"--facts", "facts.json"'),
    Run("alembic-zdt plan --facts", PLAN_FACTS, '"--facts", "facts.json"'),
    Run(
        "alembic-zdt review --git origin/main --facts",
        "tests/commands/review/test_branch_report.py",
        '"--facts", "facts.json"',
    ),
    Run(
        "alembic-zdt review",
        "tests/commands/review/test_branch_report.py",
        '"review", "--git", "main"',
        "alembic_zdt/commands/review/*",
    ),
    Run("python review/post_comment.py", REVIEWS, '"review"'),
    Run("make lint", ".ci/run", "make lint"),
    Run("make test-matrix", ".ci/run", "make test-matrix"),
    Run("make test-libraries", ".ci/run", "make test-libraries"),
    Run("make test", ".ci/run", "make test"),
    Run("make venv", ".ci/run", "make venv"),
    Run("python -m tools.lint", ".ci/run", "make lint"),
    Run("python -m tools.matrix postgres", ".ci/run", "make test-matrix"),
    Run("python -m tools.matrix libraries", ".ci/run", "make test-libraries"),
    Run("python -m tools.matrix interpreters", ".ci/run", "make test-interpreters"),
    Run("python -m tools.matrix lowest", ".ci/run", "make test-lowest"),
    Run("python -m tools.alembic_suite", ".ci/run", "make test-alembic"),
    Run("make test-alembic", ".ci/run", "make test-alembic"),
    Run("make mutants", "tests/house/test_mutants.py", 'main(["guard"'),
    Run("make stress", "tests/stress/test_one_round.py", "found.run()"),
    Run("make docs-check", ".ci/run", "make docs-check"),
    Run("python -m tools.binaries", ".ci/run", "make test-matrix"),
    Run("python -m tools.generate", "tests/house/test_generated.py", "tools.generate"),
    Run("make generate", "tests/house/test_generated.py", "tools.generate"),
    Run("make pictures", "tests/benchmarks/test_stall.py", '"latency"'),
    Run("towncrier build", "tests/house/test_docs.py", '"towncrier"'),
    Run("make demo", ".ci/run", "make demo"),
    Run("python examples/shop/demo.py", DEMO, "examples.shop.demo"),
    Run("ROWS=100000 python examples/shop/demo.py", DEMO, "examples.shop.demo"),
    Run(
        "python benchmarks/autogenerate_scale.py",
        "tests/benchmarks/test_overhead.py",
        "autogenerate_scale",
    ),
    Run(
        "python benchmarks/backfill.py", "tests/benchmarks/test_backfill.py", "backfill"
    ),
    Run(
        "python benchmarks/estimates.py",
        "tests/benchmarks/test_estimates_run.py",
        "estimates",
    ),
    Run("python benchmarks/checks.py", "tests/benchmarks/test_overhead.py", "checks"),
    Run("python benchmarks/dual_write.py", DUAL_WRITE, "dual_write"),
    Run("python benchmarks/dual_write_load.py", DUAL_WRITE, "--load=1"),
    Run(
        "python benchmarks/guard_chain.py",
        "tests/benchmarks/test_overhead.py",
        "guard_chain",
    ),
    Run("python benchmarks/idle.py", "tests/benchmarks/test_overhead.py", "idle"),
    Run("python benchmarks/latency.py", "tests/benchmarks/test_stall.py", "latency"),
    Run("python benchmarks/lock_queue.py", PICTURES, "lock_queue"),
    Run("python benchmarks/rename_phases.py", PICTURES, "rename_phases"),
    Run(
        "python benchmarks/overhead.py", "tests/benchmarks/test_overhead.py", "overhead"
    ),
    Run(
        "alembic-zdt backfill cancel",
        "tests/roles/test_own_tables.py",
        '"backfill", "cancel", NAME',
        "alembic_zdt/backfill/revision_calls.py",
    ),
    Run("python benchmarks/stall.py", "tests/benchmarks/test_stall.py", "stall"),
)
"""The first one that fits counts."""


@dataclass(frozen=True)
class NotRun:
    """A command that no test runs; where its page can say why, a mark does."""

    text: str
    reason: str


NOT_RUN = (
    NotRun("twine upload", "publishes a release"),
    NotRun("pip install", "installs packages that this machine has to fetch"),
    NotRun("helm ", "needs a Kubernetes cluster"),
    NotRun("psql --single-transaction", "is named as what must not be done"),
    NotRun("bash .ci/run", "runs all tests, this one too"),
)


def verdict(item: Shown) -> Verdict:
    """What becomes of it."""
    if item.reason:
        return Verdict(How.NOT_RUN, item.reason)
    if PREPARATION.match(item.text) and not _taken_by(item):
        return verdict(_what_it_prepares(item))
    return next(_verdicts(item), Verdict(How.UNKNOWN, ""))


def _verdicts(item: Shown) -> Iterator[Verdict]:
    if test := _taken_by(item):
        yield Verdict(How.RUN, test)
    for run in RUN:
        if _fits(run, item):
            yield Verdict(How.RUN, run.test)
    for entry in NOT_RUN:
        if item.beginning.startswith(entry.text):
            yield Verdict(How.NOT_RUN, entry.reason)
    if item.kind == "message":
        yield Verdict(How.PARSED, "the tests of the message compare its words")


def _what_it_prepares(item: Shown) -> Shown:
    """The first command of the block that is more than its surroundings."""
    text = next(line for line in item.block if not PREPARATION.match(line))
    return replace(item, text=text)


def _fits(run: Run, item: Shown) -> bool:
    shown_by = fnmatch(item.path, run.path) and fnmatch(item.kind, run.kind)
    return shown_by and item.beginning.startswith(run.text)


def _taken_by(item: Shown) -> str:
    """The test that finds it where it is shown, and runs it.

    Some commands start a server, which the user root cannot without a user for it.
    """
    found = {
        QUICKSTART: item.path == "docs/quickstart.md" and item.kind != "inline",
        PAGES: item.kind == "console"
        or (item.kind == "sql" and _shows_a_terminal(item.path))
        or (is_ours(_lines(item)[-1]) and item.path == "examples/shop/README.md"),
        EXAMPLES: item.kind == "settings" or is_example(item),
        COMMANDS: item.kind in TYPED
        and not any(STARTS_A_SERVER.search(line) for line in _lines(item))
        and all(is_ours(line) or PREPARATION.match(line) for line in _lines(item)),
    }
    return next((test for test, takes in found.items() if takes), "")


def _lines(item: Shown) -> tuple[str, ...]:
    return item.block or (item.text,)


def _shows_a_terminal(path: str) -> bool:
    return any(each.path == path and each.kind == "console" for each in shown())


def is_example(item: Shown) -> bool:
    """Whether it is Python that stands nowhere else."""
    made = ("docs/checks/*", "docs/directives/*", "docs/generated-changes.md")
    stories = ("alembic_zdt/operations/*", "alembic_zdt/workflows/*")
    return (
        item.kind == "python"
        and not item.source
        and not any(fnmatch(item.path, each) for each in made)
        and not (
            any(fnmatch(item.path, each) for each in stories)
            and not re.match(r"with |op\.irreversible", item.text)
        )
    )


def typed() -> list[tuple[str, ...]]:
    """What ``test_commands.py`` runs: each block, and each command beside, once."""
    return list(dict.fromkeys(_typed()))


def _typed() -> Iterator[tuple[str, ...]]:
    for item in shown():
        if verdict(item) == Verdict(How.RUN, COMMANDS):
            yield _lines(item)
