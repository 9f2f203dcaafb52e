"""What the handwritten pages tell of the code is so: lists, names, figures."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from alembic.config import CommandLine

from alembic_zdt import names
from alembic_zdt.backfill import convergence, pace, proof, slices
from alembic_zdt.checks import severity
from alembic_zdt.checks.rules import change_rows
from alembic_zdt.cli import command_line
from alembic_zdt.commands import wait
from alembic_zdt.commands.lint import formats
from alembic_zdt.contract_gate.calls import TIGHTENING
from alembic_zdt.directives import DIRECTIVES
from alembic_zdt.doctor import examination, key_exhaustion, replication, sessions
from alembic_zdt.env import migration_lock
from alembic_zdt.exit_codes import EXIT_CODES
from alembic_zdt.findings import Severity
from alembic_zdt.operations.constraints import validation
from alembic_zdt.phases import Phase, phase_of_call
from alembic_zdt.recording import limits
from alembic_zdt.runner import lock_acquisition, patience, snapshots
from alembic_zdt.server_facts import Server
from alembic_zdt.settings import Settings, seconds
from tools.directives import directives
from tools.recorded import operation_of

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "alembic_zdt"
CODE = re.compile(r"`([^`]+)`")


def text(page):
    """The page as one line, whose sentences may be split over several."""
    return " ".join((ROOT / page).read_text().split())


def code_after(page, words, until="\n\n"):
    """What stands in backticks between those words and the end of the paragraph."""
    _, _, after = (DOCS / page).read_text().partition(words)
    assert after, f"{page} does not say {words!r}"
    return CODE.findall(after.partition(until)[0])


def table_of(page, heading):
    """The first cells of a table, by its first heading."""
    _, _, after = (DOCS / page).read_text().partition(f"| {heading} |")
    rows = after.partition("\n\n")[0].splitlines()[2:]
    return [row.split(" | ")[0].removeprefix("| ") for row in rows]


def commands(cli):
    """Name -> its parser."""
    (subparsers,) = cli.parser._subparsers._group_actions
    return subparsers.choices


def looks(parser):
    """What a caller sees of a command."""
    actions = [(a.option_strings, a.nargs, a.default, a.help) for a in parser._actions]
    return parser.description, actions


def functions(parser):
    """What a command runs; Alembic's own is in its package."""
    return parser.get_default("cmd")[0].__module__


def test_commands_that_alembic_lacks():
    ours, theirs = commands(command_line()), commands(CommandLine())

    listed = code_after("plan.md", "with more commands: ", until=".\n")

    assert listed == sorted(ours.keys() - theirs.keys())


def test_commands_that_differ_from_those_of_alembic():
    ours, theirs = commands(command_line()), commands(CommandLine())

    changed = [
        name
        for name in theirs
        if functions(ours[name]) != functions(theirs[name])
        or looks(ours[name])[1] != looks(theirs[name])[1]
    ]

    assert [cell.strip("`") for cell in table_of("plan.md", "command")] == sorted(
        changed
    )


def begins(node):
    """The constant text that a call of ``derived()`` or ``distinct()`` begins with."""
    (first, *_) = node.args
    if isinstance(first, ast.Starred):
        first = first.value.elts[0]
    if isinstance(first, ast.Constant):
        return first.value
    return getattr(names, getattr(first, "id", ""), None)


def derived_names():
    """What the names begin with that directives make."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id in {"derived", "distinct"}:
                beginning = begins(node)
                if isinstance(beginning, str):
                    yield beginning


def test_names_that_directives_derive():
    """Each is listed, and no other; the two that begin with a caller's name apart."""
    cells = table_of("compatibility.md", "name")
    listed = [name for cell in cells for name in CODE.findall(cell)]
    tables = {name for name in listed if name.startswith("alembic_zdt_")}
    of_callers = {"<index>_<partition>", "<table>_<column>_not_null"}

    beginnings = {name.partition("_<")[0] for name in {*listed} - tables - of_callers}

    assert of_callers < {*listed}
    assert beginnings == set(derived_names())
    assert tables == Settings().own_tables


def test_name_of_a_partitions_index_and_of_not_null():
    assert names.derived("ix", "part") == "ix_part"
    assert names.default_constraint_name("t", "c", "not_null") == "t_c_not_null"


def places():
    """The places that the map of the package names, as paths."""
    _, _, after = (DOCS / "contributing.md").read_text().partition("| what | where |")
    folder = ROOT
    for row in after.partition("\n\n")[0].splitlines():
        for name in CODE.findall(row.rpartition(" | ")[2]):
            path = ROOT / name if "/" in name else folder / name
            folder = path if name.endswith("/") else path.parent
            yield path


def test_map_of_the_package_is_whole():
    modules = {*PACKAGE.glob("*.py"), *(each.parent for each in PACKAGE.glob("*/*.py"))}

    assert modules - {PACKAGE / "__init__.py"} - {*places()} == set()


def test_map_of_the_package_names_what_exists():
    assert [each for each in places() if not list(each.parent.glob(each.name))] == []


def needs_proof(name):
    """Whether that directive refuses to run while its window is not proven."""
    (example,) = (each.parts.example for each in directives() if each.name == name)
    operation = operation_of(example)
    conditions = [
        *operation.preconditions(Server()),
        *(each for step in operation.steps(Server()) for each in step.preconditions),
    ]
    return any("convalidated" in each.wrong for each in conditions)


def contracts():
    return [each for each in DIRECTIVES if phase_of_call(each) is Phase.CONTRACT]


def test_contracts_that_need_a_proof():
    """The one that runs all phases proves its window by itself."""
    named = code_after("phases.md", "at the end of a change with a twin (", "): the")

    proven = {each for each in contracts() if needs_proof(each)}
    assert {*named} == proven - {"remove_enum_value"}


def test_operations_that_are_gated_outside_of_contracts():
    named = code_after("phases.md", "whatever it runs,", ", on a column")

    assert {f"op.{each}()" for each in TIGHTENING - {"alter_column"}} == {*named}


RULE = (
    "Before the new code is deployed: *expand* and *migrate*. "
    "After every old process is gone: *contract*."
)


@pytest.mark.parametrize(
    "page", ["docs/phases.md", "docs/autogenerate.md", "docs/programs.md"]
)
def test_the_rule_of_the_phases_has_one_wording(page):
    assert RULE in text(page).replace("**", "")


SETTINGS = Settings()
BATCH = {
    each.name: each.default
    for directive in directives()
    if directive.name == "backfill"
    for each in directive.parameters
}
REPLICA_LAG = seconds(SETTINGS.backfill_max_replica_lag)
FIGURES = [
    ("docs/backfills.md", r"When (\d+) rounds in a row", convergence.ROUNDS),
    ("docs/backfills.md", r"up to ([\d,]+) rows", proof.MOST_PLACES),
    ("docs/backfills.md", r"longer than (\d+) ms", pace._WAITS_OF_NO_MATTER * 1000),
    ("docs/column-types.md", r"\(for (\d+) s at most\)", validation.LOOK_SECONDS),
    ("docs/doctor.md", r"more than (\d+) % of the numbers", key_exhaustion._SOON * 100),
    ("docs/doctor.md", r"from (\d+) % on an error", key_exhaustion._NOW * 100),
    ("docs/doctor.md", r"in a transaction for more than (\d+) s", sessions._IDLE),
    ("docs/doctor.md", r"more than (\d+) s or \d+ MB behind", replication._LAG),
    ("docs/doctor.md", r"s or (\d+) MB behind", replication._BEHIND / 2**20),
    ("docs/env.md", r"ask for it (\d+) times a second", 1 / migration_lock._POLL),
    ("docs/guard.md", r"more than ([\d,]+) in one transaction", change_rows._MANY),
    (
        "docs/how-locks-are-taken.md",
        r"\((\d+) to \d+\)",
        lock_acquisition._FASTEST_POLL * 1000,
    ),
    (
        "docs/how-locks-are-taken.md",
        r"\(\d+ to (\d+)\)",
        lock_acquisition._SLOWEST_POLL * 1000,
    ),
    ("docs/how-locks-are-taken.md", r"for (\d+) times its length", patience._PEACE),
    (
        "docs/how-locks-are-taken.md",
        r"falls from ([\d.]+) to",
        patience._DEMANDED_AT_FIRST,
    ),
    (
        "docs/how-locks-are-taken.md",
        r"falls from [\d.]+ to ([\d.]+),",
        patience._DEMANDED_AT_LAST,
    ),
    (
        "docs/how-locks-are-taken.md",
        r"is ended (\d) times",
        lock_acquisition._TOO_LONG_TRIES,
    ),
    (
        "docs/how-locks-are-taken.md",
        r"is reported after (\d) s instead",
        lock_acquisition._OWN_GRACE,
    ),
    (
        "docs/how-locks-are-taken.md",
        r"it gives up after (\d) s\.",
        snapshots._OWN_GRACE,
    ),
    ("docs/howto/kubernetes.md", r"at most (\d) s over", wait._SHORTEST),
    ("docs/lint.md", r"(\d+) reads and writes a second or more", severity._BUSY),
    ("docs/lint.md", r"each later one has ([\d.]+) s", limits._FEWER),
    ("docs/lint.md", r"a busy table of ([\d,]+) rows", severity._MANY_ROWS),
    ("docs/lint.md", r"more than ([\d,]+) are an error", change_rows._MANY),
    ("examples/shop/README.md", r"than ([\d,]+) rows", SETTINGS.small_table_rows),
]


@pytest.mark.parametrize(("page", "pattern", "value"), FIGURES)
def test_figure_is_that_of_the_code(page, pattern, value):
    (found,) = re.findall(pattern, text(page))

    assert float(found.replace(",", "")) == pytest.approx(value)


def test_severities_and_their_names_in_other_formats():
    rows = (DOCS / "output.md").read_text().partition("| severity |")[2].splitlines()
    found = [CODE.findall(row) for row in rows if row.startswith("| `")][
        : len(Severity)
    ]

    levels = (formats._GITHUB, formats._GITLAB, formats._SARIF)
    assert found == [[s.value, *(each[s] for each in levels)] for s in Severity]


@pytest.mark.parametrize(
    ("page", "codes"),
    [
        ("lint.md", EXIT_CODES["lint"]),
        ("doctor.md", EXIT_CODES["doctor"]),
        ("howto/lint-in-ci.md", EXIT_CODES["lint"]),
        ("phases.md", EXIT_CODES["status"]),
    ],
)
def test_exit_codes_in_the_sentence_that_links_to_all(page, codes):
    sentences = re.findall(r"\[exit code\]\(\S+?\)([^\n]*)", (DOCS / page).read_text())

    assert {int(code) for code in re.findall(r"\d+", sentences[-1])} == {*codes}


WORDS = [
    ("docs/backfills.md", "at the latest a minute later", slices.LEASE, "'1 minute'"),
    (
        "docs/doctor.md",
        "a `lock_timeout` of 1 s and a `statement_timeout` of 15 s",
        examination._TIMEOUTS,
        "('lock_timeout', '1s'",
    ),
    (
        "docs/doctor.md",
        "a `lock_timeout` of 1 s and a `statement_timeout` of 15 s",
        examination._TIMEOUTS,
        "('statement_timeout', '15s'",
    ),
    ("docs/howto/kubernetes.md", "(default `5min`;", wait.TIMEOUT, "5min"),
    ("docs/lint.md", "Each revision has two seconds", f"{limits._SECONDS}", "2.0"),
    ("docs/lint.md", "four seconds in all", f"{limits._ALL_LONG_ONES}", "4.0"),
    ("docs/howto/read-replicas.md", "(10 s) behind", REPLICA_LAG, "10 s"),
]


@pytest.mark.parametrize(("page", "words", "value", "part"), WORDS)
def test_words_are_those_of_the_code(page, words, value, part):
    assert words in text(page)
    assert part in value


def test_flavour_of_scripts_is_the_default():
    assert f"| `{SETTINGS.sql_flavor}` (default) |" in text("docs/offline.md")
