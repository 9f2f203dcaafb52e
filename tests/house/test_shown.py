"""Whatever is shown to a reader is run, or has a reason why not."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from argparse import ArgumentParser
from collections import Counter

import pytest

from tests.docs.command_lines import complete, is_ours, parse
from tests.docs.shown import ROOT, Shown, shown
from tests.docs.verdicts import NOT_RUN, RUN, How, Verdict, verdict

MOST_NOT_RUN = 15
MOST_PARSED_ONLY = 30
WHAT_TO_DO = """
Each of these is shown to readers, and no test runs it. Either
* make it run: a call of alembic or alembic-zdt is run by tests/docs/test_commands.py as
  it stands there, a ```console block by tests/docs/test_pages.py;
* name the test that runs it in RUN of tests/docs/verdicts.py; or
* say why not: <!-- not run: the reason --> before the block, or NOT_RUN in
  tests/docs/verdicts.py for code within a sentence or a docstring.
"""
VERDICTS = [(item, verdict(item)) for item in shown()]


def with_verdict(how: How) -> list[tuple[Shown, Verdict]]:
    return [(item, said) for item, said in VERDICTS if said.how is how]


def listed(items: list[tuple[Shown, Verdict]]) -> str:
    return "\n".join(f"{i.where}: {i.text.strip()[:90]} {v.why}" for i, v in items)


def test_everything_that_is_shown_is_run_or_has_a_reason():
    unknown = with_verdict(How.UNKNOWN)

    assert not unknown, WHAT_TO_DO + listed(unknown)


def test_few_are_not_run(capsys):
    """The numbers are printed, and what is not run cannot grow unseen."""
    counts = Counter(said.how for _, said in VERDICTS)
    with capsys.disabled():
        words = ", ".join(f"{counts[how]} {how.value}" for how in How if counts[how])
        sys.stdout.write(f"\n{len(VERDICTS)} commands and examples: {words}\n")

    assert counts[How.RUN] > 500
    assert counts[How.NOT_RUN] <= MOST_NOT_RUN, listed(with_verdict(How.NOT_RUN))
    assert counts[How.PARSED] <= MOST_PARSED_ONLY, listed(with_verdict(How.PARSED))


def test_reasons_say_something():
    reasons = [said.why for _, said in with_verdict(How.NOT_RUN)]

    assert [reason for reason in reasons if len(reason) < 10] == []


@pytest.mark.parametrize("run", RUN, ids=lambda run: f"{run.text or run.path}")
def test_named_test_runs_it(run):
    """It exists, and what it is said to hold stands in it."""
    assert run.holds in (ROOT / run.test).read_text()


@pytest.mark.parametrize(
    "entry", [*RUN, *NOT_RUN], ids=lambda entry: entry.text or entry.path
)
def test_registry_has_no_entry_without_a_command(entry):
    """What is shown no more needs no entry."""
    fits = [item.where for item, _ in VERDICTS if item.beginning.startswith(entry.text)]

    assert fits, f"nothing shows {entry.text!r}: remove it from tests/docs/verdicts.py"


OURS = sorted({item.text for item, _ in VERDICTS if is_ours(item.text)})


@pytest.mark.parametrize("text", OURS)
def test_program_takes_the_command(text):
    """Its options and arguments exist, in this order."""
    parse(complete(text))


def test_command_that_is_not_taken_is_found():
    """The test above sees an unknown option and one in the wrong place."""
    for text, why in (
        ("alembic-zdt lint --no-such-option", "--no-such-option"),
        ("alembic upgrade head --raiseerr", "--raiseerr"),
        ("alembic-zdt backfill stop users", "'stop'"),
    ):
        with pytest.raises(AssertionError, match=re.escape(why)):
            parse(text)


class Parsed(Exception):  # noqa: N818  # nothing went wrong
    """A program has read its arguments."""


PYTHON = re.compile(
    r"(?:[A-Z_]+=\S+ )*python (?:-m (tools\.\w+)|benchmarks/(\w+)\.py)(.*)"
)
SCRIPTS = {
    text: (found[1] or f"benchmarks.{found[2]}", shlex.split(found[3]))
    for text in sorted({item.text for item, _ in VERDICTS})
    if (found := PYTHON.fullmatch(text))
}
WITHOUT_OPTIONS = {"tools.lint", "benchmarks.dual_write_load"}


@pytest.mark.parametrize("text", SCRIPTS)
def test_script_takes_its_options(monkeypatch, text):
    """Programs of this repository, up to where they have read their arguments."""
    module, arguments = SCRIPTS[text]
    parse_args = ArgumentParser.parse_args

    def stop(self, *given, **named):
        parse_args(self, *given, **named)
        raise Parsed

    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(ArgumentParser, "parse_args", stop)
    main = importlib.import_module(module).main
    if module in WITHOUT_OPTIONS:
        return
    with pytest.raises(Parsed):
        main(arguments)
