"""The documentation: its links lead somewhere, its code is the repository's."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from alembic.operations import Operations

from alembic_zdt import errors, registration
from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES
from alembic_zdt.documentation import SITE
from alembic_zdt.errors import ZdtError
from tools import docs_checks
from tools.docs_directives import HEADINGS, pages
from tools.markdown import NOTICE
from tools.matrix import LIBRARIES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
TREE = re.compile(r"```\{toctree\}\n(?::.*\n)*\n(.*?)```", re.DOTALL)
BORROWED = re.compile(
    r"^<!-- from (\S+) -->\n```(?:python|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


def _id(path):
    return str(path.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=_id)


def _anchors(page):
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {slug.replace(" ", "-") for slug in slugs}


@every_page
def test_links_lead_to_files_and_headings(page):
    """A link within the repository names a file, and a heading that it has."""
    lost = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            lost.append(target)
    assert lost == []


@every_page
def test_python_is_taken_from_the_repository(page):
    """A block of Python or YAML stands in the file that is named above it."""
    if _id(page) in {**pages(), **docs_checks.pages()}:
        return  # these come from the code, and are run by tests/docs and tests/checks
    text = page.read_text()
    borrowed = BORROWED.findall(text)
    for path, code in borrowed:
        assert code in (ROOT / path).read_text(), path
    assert len(borrowed) == text.count("```python") + text.count("```yaml")


@every_page
def test_pictures_are_in_the_repository(page):
    """Each is a file, drawn as SVG, and has a text for who cannot see it."""
    for text, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text()):
        assert len(text) > 20
        assert (page.parent / target).read_text().lstrip().startswith(("<svg", "<?xml"))


def test_every_directive_has_its_page_and_no_other_has():
    """A page of a directive that is gone is gone as well."""
    there = {path.stem for path in (DOCS / "directives").glob("*.md")}
    assert there == {*DIRECTIVES, *ANNOTATIONS, "index"}


@pytest.mark.parametrize("name", DIRECTIVES)
def test_directive_page_has_its_headings_in_order(name):
    """The same sections on every page, none of them empty."""
    text = FENCE.sub("code", (DOCS / "directives" / f"{name}.md").read_text())
    sections = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert tuple(sections[::2]) == HEADINGS
    assert all(body.strip() for body in sections[1::2])


@every_page
def test_page_can_be_read_in_one_go(page):
    """At most 16 KiB, unless it is a reference that is made from the code."""
    text = page.read_text()
    assert NOTICE in text or len(text.encode()) <= 16_384


@cache
def pages_of_the_trees():
    return [
        page.parent / f"{line}.md"
        for page in DOCS.rglob("*.md")
        for tree in TREE.findall(page.read_text())
        for line in tree.split()
    ]


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=_id)
def test_page_is_in_the_tree_of_the_site(page):
    """A reader finds it from the start page."""
    assert pages_of_the_trees().count(page) == (page != DOCS / "index.md")


@every_page
def test_calls_that_a_page_names_exist(page):
    """Within a sentence or a table; blocks of Python are run."""
    text = FENCE.sub("", page.read_text())
    spans = " ".join(re.findall(r"`([^`\n]+)`", text))
    registration.register()
    names = set(re.findall(r"\bop\.(\w+)\(", spans))
    assert {name for name in names if not hasattr(Operations, name)} == set()


def _classes(cls):
    yield cls
    for child in cls.__subclasses__():
        yield from _classes(child)


def test_messages_name_the_site_of_the_package_if_there_is_one():
    """An index page and a message send the reader to the same pages of this version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"].get("Documentation", "") == SITE
    assert not SITE or project["version"] in SITE


def test_no_message_sends_the_reader_to_a_file_of_the_repository():
    """Whoever installed a wheel has none."""
    package = ROOT / "alembic_zdt"
    named = [
        f"{_id(module)}: {path}"
        for module in package.rglob("*.py")
        for path in re.findall(r"(?<![\w}/])docs/[\w/-]+\.md", module.read_text())
    ]
    assert named == []


def test_no_two_errors_share_an_anchor():
    """Each class has a section of its own."""
    anchors = [
        cls.anchor for cls in _classes(ZdtError) if cls.__module__ == errors.__name__
    ]
    assert len(anchors) == len(set(anchors))


def test_readme_can_be_read_in_one_go():
    """At most 150 lines and 12 KiB."""
    text = README.read_bytes()
    assert len(text) <= 12_288
    assert len(text.splitlines()) <= 150


def test_readme_shows_two_pictures_with_words_for_who_cannot_see_them():
    """The result of the demo, and the latency of the application."""
    shown = re.findall(r"^!\[(.+)\]\((\S+)\)$", README.read_text(), re.MULTILINE)
    assert [path for _, path in shown] == [
        "docs/pictures/demo.svg",
        "docs/pictures/latency.svg",
    ]
    assert all(len(words.split()) >= 10 for words, _ in shown)


def test_readme_has_eight_tasks_that_lead_to_their_locks():
    """Whoever wants to know more than a row says finds it on the page of locks."""
    table = README.read_text().partition("<!-- tasks -->")[2]
    rows = table.partition("<!-- end of tasks -->")[0].strip().splitlines()[2:]
    assert len(rows) == 8
    assert all(
        re.match(r"\| \[[^]]+\]\(docs/locks\.md#[a-z-]+\) \| `op\.", r) for r in rows
    )


def test_commands_in_the_readme_exist():
    """Every ``make`` target that a page names is one."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        target
        for page in PAGES
        for command in re.findall(r"\bmake ((?:[a-z-]+ ?)+)", _code(page))
        for target in command.split()
    }
    assert named <= targets


def _code(page):
    text = page.read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line.split("#")[0] for block in blocks for line in block.splitlines()]
    return "\n".join([*lines, *re.findall(r"`(make [^`]+)`", text)])


def test_compatibility_names_the_tested_libraries():
    """The page and ``tools/matrix.py`` agree."""
    text = (DOCS / "compatibility.md").read_text()
    for alembic, sqlalchemy in LIBRARIES:
        assert f"{alembic} with {sqlalchemy}" in text


@pytest.mark.parametrize("page", sorted((DOCS / "adr").glob("0*.md")), ids=_id)
def test_decision_has_its_four_parts(page):
    """Context, options, decision, consequences, on one page."""
    text = page.read_text()
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections == ["Context", "Options", "Decision", "Consequences"]
    assert text.startswith(f"# {page.name[:4]}: ")
    assert len(text.splitlines()) <= 60


def test_release_notes_can_be_built():
    """Every fragment has a name that towncrier knows."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("towncrier"),
            "build",
            "--draft",
            "--version",
            "x",
        ],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    known = {"removed", "deprecated", "added", "changed", "fixed", "security"}
    fragments = [p.name for p in (ROOT / "changelog.d").glob("+*.md")]
    assert {name.split(".")[-2] for name in fragments} <= known
