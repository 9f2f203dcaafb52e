"""A text of a revision is shown as it is: no markup, no mention, no command."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from alembic_zdt.commands.review.markdown_text import block, code, indented, text
from alembic_zdt.printable import printable

EVIL = [
    "@everyone, and @org/team",
    "fixes #12, GH-3 and org/repo#4; !5 ~bug %mile &6 $snippet",
    "<img src=x onerror=alert(1)> <!-- zdt --> </details>",
    "[a link](https://example.org) ![picture](x) https://example.org www.example.org",
    "*bold* __bold__ _slanted_ ~~struck~~ `code` ``more`` | cell | & &lt; \\* :tada:",
    "# a title",
    "- an item",
    "12. an item",
    "> a quotation",
    "    a block",
    "/close",
    "two\nlines\n\n## and a title\r/merge",
    "\u202eright to left\x1b[31m",
    "$a_1$ and $$\\alpha$$",
    "[^1]: a note",
    "`",
    "```\n/close\n@everyone\n````",
    "",
]
REFERENCE = re.compile(r"(?<![\w`])[@#!&%~](?=[\w\"])|GH-\d|://|www\.\w|\$", re.ASCII)


def rendered(markdown):
    """HTML as GitHub makes it, with tables and struck words."""
    parser = MarkdownIt("commonmark", {"html": True})
    return parser.enable(["table", "strikethrough"]).render(markdown)


def visible(html):
    """The characters of a rendered text."""
    entities = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
    found = re.sub("|".join(entities), lambda match: entities[match[0]], html)
    return found.replace("\u200b", "")


@pytest.mark.parametrize("words", EVIL, ids=range(len(EVIL)))
def test_text_is_one_paragraph_of_itself(words):
    """On its own, behind an item of a list, and in a sentence."""
    shown = " ".join(printable(words.strip()).split())
    for before, after in (("", ""), ("before ", " after")):
        html = rendered(f"{before}{text(words)}{after}").strip()
        assert re.fullmatch(r"(<p>[^<]*</p>)?", html), html
        inside = html.removeprefix("<p>").removesuffix("</p>")
        assert " ".join(visible(inside).split()) == " ".join(
            f"{before}{shown}{after}".split()
        )
    item = rendered(f"1. {text(words)}")
    assert item.count("<li>") == 1
    assert set(re.findall(r"<(\w+)", item)) == {"ol", "li"}


@pytest.mark.parametrize("words", EVIL, ids=range(len(EVIL)))
def test_text_refers_to_nothing(words):
    """GitHub and GitLab look for references in the rendered text."""
    found = text(words)

    assert "\n" not in found
    assert not found.startswith("/") or words == "/close"
    html = rendered(found)
    for match in REFERENCE.finditer(re.sub(r"&(lt|gt|quot|amp);", " ", html)):
        assert html[match.end() : match.end() + 1] in ("\u200b", ""), (words, html)


@pytest.mark.parametrize("words", EVIL, ids=range(len(EVIL)))
def test_code_is_one_span(words):
    html = rendered(f"before {code(words)} after").strip()

    assert html.count("<code>") == 1
    assert re.fullmatch(r"<p>before <code>[^<]*</code> after</p>", html), html


@pytest.mark.parametrize("words", EVIL, ids=range(len(EVIL)))
def test_block_is_one_block(words):
    """Also within an item; and no line of it is a command of GitLab."""
    for made in (block(words, "sql"), f"* item\n\n{indented(block(words, 'sql'))}"):
        html = rendered(f"{made}\n\nafter")
        assert html.count("<pre>") == 1
        assert html.endswith("<p>after</p>\n")
        assert not re.search(r"^/\w", made, re.MULTILINE)


def test_long_texts_are_cut():
    assert text("a" * 2000).endswith("aaa...")
    assert len(text("a" * 2000)) == 1000
    assert len(code("a" * 2000)) == 302
    found = block("\n".join(["SELECT 1"] * 5000), most=100)
    assert len(found) < 200
    assert found.endswith("SELECT 1\n... 44,901 more characters\n```")


def test_names_stay_readable():
    assert text("the index ix_orders_at of shop.orders, 1.5 s") == (
        "the index ix_orders_at of shop.orders, 1.5 s"
    )
