"""Options, defaults and exit codes in pages and in ``--help`` are those of the code."""

from __future__ import annotations

import argparse
import ast
import inspect
import re
from collections import defaultdict

import pytest

from alembic_zdt.cli import command_line, migrations
from alembic_zdt.exit_codes import EXIT_CODES, ExitCode, ladder
from alembic_zdt.operations.backfill import BackfillOp
from alembic_zdt.phases import Phase
from alembic_zdt.settings import Settings, duration
from tests.docs.command_lines import complete, parse, subcommands
from tests.docs.console import FENCE
from tests.docs.shown import PAGES_OF_MESSAGES, ROOT, pages

ABOUT = {
    "README.md": ("upgrade", "plan", "lint", "revision"),
    "docs/autogenerate.md": ("check", "revision", "upgrade"),
    "docs/commands.md": (
        *subcommands(),
        *("backfill run", "backfill status", "facts export", "queue status"),
        *(
            "fleet upgrade",
            "fleet status",
            "fleet plan",
            "fleet wait",
            "fleet report",
            "fleet enqueue",
        ),
    ),
    "docs/backfills.md": ("backfill run", "backfill status", "upgrade"),
    "docs/compat.md": ("compat",),
    "docs/doctor.md": ("doctor",),
    "docs/estimates.md": ("plan",),
    "docs/fleet.md": (
        "fleet upgrade",
        "fleet status",
        "fleet wait",
        "fleet backfill run",
        "fleet enqueue",
        "lint",
    ),
    "docs/guard.md": ("upgrade",),
    "docs/howto/github-actions.md": ("lint",),
    "docs/howto/kubernetes.md": ("wait", "upgrade"),
    "docs/howto/lint-in-ci.md": ("lint",),
    "docs/facts.md": ("facts export", "lint"),
    "docs/json.md": ("lint", "facts export", "rehearse", "review"),
    "docs/lint.md": ("lint", "upgrade"),
    "docs/offline.md": ("sql", "upgrade"),
    "docs/phases.md": ("status", "upgrade"),
    "docs/quickstart.md": ("lint",),
    "docs/rehearse.md": ("rehearse",),
    "docs/review.md": ("review", "lint"),
    "docs/plan.md": ("plan", "upgrade", "check", "revision"),
    "docs/queue.md": ("work", "queue status", "upgrade"),
    "docs/output.md": ("status", "review", "lint"),
    "docs/watching.md": ("board", "status", "backfill status", "fleet status"),
}
"""The commands whose options a page may name without the command."""
OTHERS = ("revision", "upgrade")
OF_GIT = {"--unshallow"}
OF_PG_DUMP = {"--create", "--schema-only"}
OF_PYTEST = set(
    re.findall(r'"(--zdt[a-z-]*)"', (ROOT / "pytest_alembic_zdt.py").read_text())
)
"""The options that the plugin adds to pytest's."""
SPAN = re.compile(r"(?<!`)`(--[a-z][^`\n]*)`(?!`)")


def prose(page):
    """The page without its blocks."""
    return FENCE.sub("", page.read_text())


NAMED = [
    (page.relative_to(ROOT).as_posix(), span)
    for page in pages()
    if page.relative_to(ROOT).as_posix() not in PAGES_OF_MESSAGES
    for span in sorted(set(SPAN.findall(prose(page))))
    if span.partition("=")[0] not in OF_PYTEST
]


def is_taken(command, span):
    """Whether the command has the option, with a value where it needs one."""
    calls = [f"{command} {span}{value}" for value in ("", " FILE", " 1")]
    for call in (*calls, f"{span} {command}"):
        try:
            parse(complete(f"alembic-zdt {call}"))
        except AssertionError:
            continue
        return True
    return False


@pytest.mark.parametrize(("page", "span"), NAMED)
def test_option_that_a_page_names_exists(page, span):
    commands = ABOUT.get(page, OTHERS)
    assert any(is_taken(command, span) for command in commands), (
        f"{page} names {span}, and none of {', '.join(commands)} takes it"
    )


def test_options_in_messages_exist():
    """Any of our commands has them."""
    parsers = [command_line().parser, *subcommands().values()]
    ours = {o for p in parsers for a in p._actions for o in a.option_strings}
    text = "".join((ROOT / page).read_text() for page in PAGES_OF_MESSAGES)

    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert named
    assert named <= ours | OF_PYTEST | OF_GIT | OF_PG_DUMP


def _arguments():
    """Each argument of ours, with the command that takes it."""
    for name, parser in subcommands().items():
        theirs = subcommands("alembic").get(name)
        known = {a.help for a in theirs._actions} if theirs else set()
        for action in parser._actions:
            if isinstance(action.choices, dict):
                for verb, inner in action.choices.items():
                    words = inner.description
                    yield f"{name} {verb}", argparse.Action(["-"], verb, help=words)
                    yield from ((f"{name} {verb}", each) for each in inner._actions)
            elif action.help not in known:
                yield name, action


ARGUMENTS = [(name, a) for name, a in _arguments() if a.dest != "help"]
VERBS = {
    *("ask", "cancel", "check", "choose", "continue", "describe", "drop", "end"),
    *(
        "explain",
        "give",
        "make",
        "pause",
        "plan",
        "revert",
        "send",
        "print",
        "refuse",
        "replace",
        "report",
        "return",
        "rewrite",
    ),
    *("leave", "run", "show", "stop", "try", "upgrade", "use", "wait", "work"),
    "write",
}
NOUNS = {"name", "range"}


@pytest.mark.parametrize(
    ("command", "action"), ARGUMENTS, ids=lambda each: getattr(each, "dest", each)
)
def test_help_completes_a_sentence(command, action):
    """An option begins with a verb, an argument with a noun; no capital, no period."""
    assert action.help, f"{command}: {action.dest} has no help"
    first = re.match(r"\w*", action.help)[0]
    is_argument = not action.option_strings and action.dest
    assert first in (NOUNS if is_argument else VERBS), f"{command}: {action.help}"
    assert not action.help.endswith(".")


def test_commands_say_what_they_do():
    """A sentence: a capital, a verb and a period."""
    theirs = set(subcommands("alembic"))
    said = {
        action.dest: action.help
        for action in command_line().subparsers._choices_actions
        if action.dest not in theirs
    }
    assert said
    for name, text in said.items():
        assert re.fullmatch(r"(Check|Measure|Show|Wait|Work|Write) [^.;]+\.", text), (
            name,
            text,
        )


def test_exit_code_has_one_meaning():
    """In all commands together; 0 is what each of them is run for."""
    meanings = defaultdict(set)
    for code, meaning, commands in ladder():
        if commands != ("fleet",):  # whose targets end in different ways
            meanings[code].add(meaning)

    assert {*meanings} == {*ExitCode}
    several = {code for code, found in meanings.items() if len(found) > 1}
    assert several == {ExitCode.OK}


def test_exit_code_of_each_phase():
    codes = [ExitCode[phase.name] for phase in Phase]

    assert codes == [code for code in EXIT_CODES["status"] if code]


def ends(node):
    """The exit codes that a call passes on."""
    if ast.unparse(node.func) in {"sys.exit", "SystemExit", "exit", "os._exit"}:
        yield from node.args
    yield from (each.value for each in node.keywords if each.arg == "exit_code")


def has_number(node):
    """Whether it has a number that is no index, nor an argument of the ladder."""
    is_of_ladder = isinstance(node, ast.Call) and ast.unparse(node.func) == "ExitCode"
    if is_of_ladder or isinstance(node, ast.Subscript):
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int)
    return any(map(has_number, ast.iter_child_nodes(node)))


def literal_exit_codes(tree):
    """Lines that spell an exit code out."""
    for node in ast.walk(tree):
        values = []
        if isinstance(node, ast.Call):
            values = ends(node)
        elif isinstance(node, ast.FunctionDef) and "exit_code" in node.name:
            values = [n for n in ast.walk(node) if isinstance(n, ast.Return)]
        elif isinstance(node, ast.Assign) and "EXIT" in ast.unparse(node.targets[0]):
            values = [node.value]
        yield from (each.lineno for each in values if has_number(each))


def test_exit_codes_are_on_the_ladder():
    """No other module spells one out."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "alembic_zdt").rglob("*.py"))
        if path.name != "exit_codes.py"
        for line in literal_exit_codes(ast.parse(path.read_text()))
    ]

    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "sys.exit(3)",
        "sys.exit(-1)",
        "sys.exit(1 if found else 0)",
        "raise SystemExit(2)",
        "fail(text, exit_code=128 + number)",
        "def exit_code(found): return max([1, *found])",
        "EXIT_CODES = {'lint': 4}",
    ],
)
def test_exit_code_that_is_spelled_out_is_seen(text):
    assert list(literal_exit_codes(ast.parse(text))) == [1]


def test_exit_codes_in_sentences():
    """A sentence about a command names only codes that it has."""
    found = [
        (page.name, command, int(code))
        for page in pages()
        for command, words in re.findall(
            r"`alembic-zdt (\w+)`([^.\n]*\bexit code\b[^.\n(]*)", prose(page)
        )
        for code in re.findall(r"\d+", words)
    ]

    assert found
    for page, command, code in found:
        assert code in EXIT_CODES.get(command, {0: ""}), (page, command, code)


@pytest.mark.parametrize("name", sorted(EXIT_CODES))
def test_help_says_the_exit_codes(name):
    text = " ".join(subcommands()[name].format_help().split())

    for code, meaning in EXIT_CODES[name].items():
        assert f"{code}: {meaning}" in text


WORDS = re.compile(
    r"`(\w+)=?` \((?:default )?`?(\d+ ?[a-z]*?)`?(?: by default)?[);]"
    r"|`(\w+)`, (\d+ ?\w+) by default"
)
DEFAULTS = [
    (page.relative_to(ROOT).as_posix(), found[1] or found[3], found[2] or found[4])
    for page in pages()
    for found in WORDS.finditer(prose(page))
]


def is_the_default(name, words):
    """Whether a setting, or an argument of a backfill, is that if nothing is said."""
    given = dict(inspect.signature(BackfillOp.backfill).parameters)
    names = (name, f"backfill_{name}")
    setting = next((each for each in names if hasattr(Settings(), each)), "")
    value = getattr(Settings(), setting) if setting else given[name].default
    if isinstance(value, int):
        return value == int(words)
    value = duration(value) if isinstance(value, str) else value
    return value == duration(words.replace("minutes", "min"))


@pytest.mark.parametrize(("page", "name", "words"), DEFAULTS)
def test_default_in_a_sentence_is_that_of_the_code(page, name, words):
    assert is_the_default(name, words), f"{page} says that {name} is {words}"


GIVEN = sorted(
    {
        found
        for page in pages()
        for found in re.findall(r"\bzdt\.(\w+)=(\w+(?:=\w+)?)\b", page.read_text())
        if found[0] != "rename"
    }
)


@pytest.mark.parametrize(("name", "value"), GIVEN)
def test_setting_on_a_command_line_can_be_read(name, value):
    """It exists and takes the value."""
    assert hasattr(Settings.from_sources(("-x", {name: value})), name)


def test_defaults_are_found():
    """The pattern above still fits what the pages say."""
    assert len(DEFAULTS) >= 3
    assert len(GIVEN) >= 3


def test_default_of_an_option_in_a_sentence():
    """In pages that are about one command."""
    timeout = next(
        a for a in subcommands()["wait"]._actions if "--timeout" in a.option_strings
    )
    said = "\n".join(prose(page) for page in pages())

    assert f"`--timeout` (default `{timeout.default}`" in said
    assert f"`-o` (default `{migrations.FOLDER}`)" in said
