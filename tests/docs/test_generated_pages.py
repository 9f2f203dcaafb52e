"""Every page that is made from the code reads as it should."""

from __future__ import annotations

import ast
import inspect
import re
from urllib.parse import urlsplit

import pytest
from alembic.operations import Operations

from alembic_zdt import registration
from alembic_zdt.checks.registry import own_checks
from alembic_zdt.operations.base import ZdtOperation
from tools import docs_checks, docs_directives, docs_reference
from tools.directives import directives
from tools.markdown import SITES
from tools.recorded import VERSIONS, recorded_calls, steps_of

PAGES = {
    **docs_checks.pages(),
    **docs_directives.pages(),
    "docs/errors.md": docs_reference.errors_page,
    "docs/settings.md": docs_reference.settings_page,
}
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[(?P<label>[^\]]+)\]\((?P<target>[^)\s]+)\)")
BULLET = re.compile(r"^\s*\* ?(?P<text>.*)$", re.MULTILINE)
PLACEHOLDER = re.compile(r"<[^<>`]*>")
HINT = re.compile(r"^  hint: `+(?P<hint>.*?)`+$", re.MULTILINE)
CALL = re.compile(r"op\.(?P<name>\w+)\((?P<arguments>[^()]*)\)")

every_page = pytest.mark.parametrize("path", PAGES)


def prose(path):
    """Return the page without its blocks of code."""
    return FENCE.sub("", PAGES[path]())


@every_page
def test_bullets_say_something(path):
    """Not only a verb that waits for its object."""
    bullets = [match["text"].strip() for match in BULLET.finditer(prose(path))]
    words = [text for text in bullets if not (LINK.search(text) or "`" in text)]

    assert [text for text in words if len(text.split()) < 2] == []


@pytest.mark.parametrize("each", directives(), ids=lambda each: each.name)
def test_every_argument_is_described(each):
    """In the directive's docstring, or once for several in a base class."""
    described = each.parts.arguments

    assert list(described) == [parameter.name for parameter in each.parameters]
    assert all(described.values())


@every_page
def test_links_are_links(path):
    """No bracket of Markdown is left where a link could not be read."""
    text = re.sub(r"``.+?``|`[^`]+`", "", LINK.sub("", prose(path)))

    assert "](" not in text
    assert not re.search(r"(?<![(<])https?://", text)


@every_page
def test_link_to_another_project_has_its_label(path):
    links = [(m["label"], m["target"]) for m in LINK.finditer(prose(path))]
    outside = [(label, url) for label, url in links if url.startswith("http")]

    assert all(label == SITES[urlsplit(url).netloc] for label, url in outside), outside


NO_WORDS_OF_THE_FIELD = re.compile(
    r"\b(anew|beside|in step|stands? on|taken back|way back|what is there)\b"
)


@pytest.mark.parametrize("path", [*docs_checks.pages(), *docs_directives.pages()])
def test_words_are_those_of_the_field(path):
    text = re.sub(r"``.+?``|`[^`]+`", "", prose(path))

    assert [match[0] for match in NO_WORDS_OF_THE_FIELD.finditer(text)] == []


HINTS = HINT.findall(docs_reference.errors_page())


def test_page_of_errors_has_hints():
    assert len(HINTS) > 100


@pytest.mark.parametrize("hint", HINTS)
def test_placeholder_of_a_hint_is_a_word(hint):
    """In lower case, and with a space or a sign between it and other words."""
    found = PLACEHOLDER.findall(hint)

    assert all(re.fullmatch(r"<[a-z]+( [a-z]+)*>", each) for each in found), found
    assert not re.search(r"\w<|>\w|><", PLACEHOLDER.sub("<>", hint)), hint
    assert not {"<name>", "<words>"} & set(found) or "op." not in hint


CALLS = [match for hint in HINTS for match in CALL.finditer(hint)]


@pytest.mark.parametrize("call", CALLS, ids=lambda match: match[0])
def test_call_in_a_hint_can_be_read(call):
    """It has the directive's arguments, and each placeholder is named by its own."""
    registration.register()
    if call["arguments"] in {"", "..."}:
        assert hasattr(Operations, call["name"])
        return
    tree = ast.parse(call[0], mode="eval").body
    _, *parameters = inspect.signature(getattr(Operations, call["name"])).parameters

    for argument, name in zip(tree.args, parameters, strict=False):
        if isinstance(argument, ast.Constant) and str(argument.value).startswith("<"):
            word = name.removesuffix("_name").replace("_", " ")
            assert argument.value == f"<{word}>"
    assert {keyword.arg for keyword in tree.keywords} <= set(parameters)


# These send the same statement, and the difference is what is done around it.
AROUND_IT = {
    "attach-partition": "a CHECK is validated first, so nothing is read",
    "create-trigger": "lock_timeout is set",
    "drop-foreign-key": "the directive locks one table after the other, with a bound",
    "drop-trigger": "lock_timeout is set",
    "several-tables": "each directive commits",
    "validate-in-same-transaction": "the directive commits between the two",
}
# Its good example asks the server how many rows are left.
ASKS = {"truncate-table"}
CHECKS = [
    each
    for each in own_checks()
    if each.claim is not None and not each.claim.fails and each.id not in ASKS
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.id)
def test_good_example_is_not_the_bad_one(check):
    """Where it sends the same statement, a comment says what has to come first."""
    bad = statements(check.bad)
    good = set().union(*map(statements, check.good_revisions))
    text = "\n".join(check.good_revisions)
    comments = re.findall(r"^# .*\b(?:After|Alone|Before)\b", text, re.MULTILINE)

    assert check.bad not in check.good_revisions
    assert (bool(bad) and bad <= good and not comments) is (check.id in AROUND_IT)


def statements(body):
    """Return what it sends, as far as that is known without a server."""
    found = set()
    for operation, sql in recorded_calls(body):
        if isinstance(operation, ZdtOperation):
            steps = steps_of(operation, VERSIONS[-1])
            found |= {text for step in steps for text in step.statements}
        else:
            found.add(sql)
    return {re.sub(r'["\s;]+', " ", text).strip().lower() for text in found if text}
