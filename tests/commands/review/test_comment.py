"""The comment: what comes first, what is left out, and that it is safe to post."""

from __future__ import annotations

import re

import pytest

from alembic_zdt import documentation
from alembic_zdt.commands.review.comment import comment
from alembic_zdt.commands.review.comment_size import MOST_BYTES
from alembic_zdt.commands.review.reviewing import marker_of
from tests.commands.review.test_markdown_text import rendered
from tests.facts.exporting import exported

INDEX = 'op.create_index_concurrently("ix", "orders", ["id"])'
PLAIN_INDEX = 'op.create_index("ix", "orders", ["id"])'
DROP = 'op.contract_drop_column("orders", "note")'
MARKER = "<!-- alembic-zdt review: migrations -->\n"
EVIL = "@everyone <img src=x> `code` | [a](https://example.org) --> </details> #1"


def lines_of(branch, **options):
    """The lines of the comment."""
    found = comment(branch.review(**options))
    assert found.startswith(MARKER)
    assert len(found.encode()) <= MOST_BYTES
    return found.splitlines()


def test_no_migrations(branch):
    """An earlier comment is replaced by this one."""
    branch.project.write("README.md", "not a revision")

    assert lines_of(branch) == [
        MARKER.strip(),
        "## Migrations of this branch",
        "",
        "This branch adds or changes no migrations since main.",
    ]


def test_verdict_comes_first_and_phases_follow(branch):
    branch.project.revision("r2", INDEX, 'op.irreversible("it is a test")')
    branch.project.revision("r3", PLAIN_INDEX, 'op.drop_index("ix")')
    branch.project.revision("r4", DROP, 'op.irreversible("it is a test")')

    lines = lines_of(branch)

    assert lines[3] == (
        "**3 revisions, 1 error, 0 warnings.** Longest lock: unknown (on `orders`). "
        "Longest step: unknown (on `orders`). Irreversible: `r2`, `r4`."
    )
    assert lines[7].startswith("* `r3`: error, the index ix is built while writes")
    titles = [line for line in lines if line.startswith("#")][1:]
    assert titles == [
        "### Before the new code is deployed",
        "#### `r2`: r2 (expand)",
        "#### `r3`: r3 (expand)",
        "### After every old process is gone",
        "#### `r4`: r4 (contract)",
    ]
    text = "\n".join(lines)
    assert text.index("* **error** `create-index`") < text.index("`op.create_index()`")
    assert "  op.create_index_concurrently('ix', 'orders', ['id'])\n  ```" in text
    assert "It refuses while sessions of the old code are connected." in text
    assert '* **cannot be undone**: The values of "orders.note" are gone.' in text


def test_steps_have_locks_and_times(db, branch):
    branch.project.upgrade()
    db.execute("INSERT INTO orders SELECT generate_series(1, 300000)")
    db.execute("ANALYZE orders")
    branch.project.revision("r2", INDEX, 'op.irreversible("it is a test")')
    facts = exported(branch.project)

    text = "\n".join(lines_of(branch, facts=facts))

    assert "Longest lock: none that blocks the application." in text
    assert re.search(r"Longest step: (about|less than) \d", text)
    assert "* lock: SHARE UPDATE EXCLUSIVE on orders, blocks other schema" in text
    assert re.search(r"\* time: .* s\b.*; .* MB, about 300,000 rows", text)
    assert "Sizes and estimates are from the facts of" in text


def test_bounded_lock_is_named(branch):
    branch.project.revision(
        "r2", 'op.expand_add_column("orders", sa.Column("a", sa.Integer))'
    )

    text = "\n".join(lines_of(branch))

    assert "Longest lock: 200 ms at most. Longest step: none whose time grows" in text
    assert "* blocks the application for 200 ms at most" in text
    assert "No database and no facts were used" in text


def test_conditions_that_decide(branch):
    branch.project.revision("r2", INDEX)

    lines = lines_of(branch, fail_on="severity>=error, estimate>10min, lock>200ms")

    (line,) = [each for each in lines if "estimate>10min" in each]
    assert line.startswith("* `estimate>10min` could not be decided: r2: ")


def test_changed_deleted_and_applied_revisions(branch):
    branch.project.revision("r2", "pass")
    branch.project.revision("r3", "pass")
    branch.commit()
    branch.project.revision("r2", INDEX)
    branch.path("r3").unlink()
    branch.project.revision("r4", "pass", down_revision="r2")

    found = comment(branch.review("work"))

    assert "#### `r2`: r2 (expand, changed)" in found
    assert '* `r3`: warning, revision "r3" was deleted, and work has it' in found
    assert "* **warning** `deleted-revision` in `migrations/versions/r3_.py`: " in found


def test_links_to_pages(branch, monkeypatch):
    branch.project.revision("r2", PLAIN_INDEX)
    assert "`create-index` (`alembic-zdt explain create-index`)" in comment(
        branch.review()
    )
    monkeypatch.setattr(documentation, "SITE", "https://example.org/v1")

    page = "https://example.org/v1/checks/create-index.html"
    assert f"[`create-index`]({page})" in comment(branch.review())


def test_text_of_a_revision_injects_nothing(branch):
    """Its message, names, comments, SQL and the name of its file."""
    table = EVIL[:30]
    body = f"""
    op.create_index({EVIL[:50]!r}, {table!r}, ["id"])
    op.execute({f"COMMENT ON TABLE orders IS '{EVIL} ```` /close'"!r})
    op.expand_add_column({table!r}, sa.Column({EVIL[:40]!r}, sa.Integer))
    """
    path = branch.project.revision("r2", body, f"op.irreversible({EVIL!r})")
    text = path.read_text().replace('"""r2"""', f'"""{EVIL}\n/close\n"""')
    branch.project.write(path.with_name("r2_`@everyone` <b>.py"), text)
    path.unlink()

    found = comment(branch.review())

    html = rendered(found.removeprefix(MARKER))
    tags = {tag.lower() for tag in re.findall(r"<(/?[a-zA-Z!][\w-]*)", html)}
    ours = "h2 p strong code h3 h4 ul li ol pre details summary sub"
    assert {tag.strip("/") for tag in tags} - {"hr"} <= {*ours.split()}
    outside = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"@\w|(?<!&)#\d|https://", outside)
    assert "@\u200beveryone" in outside
    assert not re.search(r"^/\w", found, re.MULTILINE)


@pytest.mark.parametrize(
    ("revisions", "calls"), [(1, 900), (120, 4)], ids=["large", "many"]
)
def test_comment_fits(branch, revisions, calls):
    """What matters most is kept, and a line names what is left out."""
    long = "SELECT 1 -- " + "é" * 2000
    for number in range(2, revisions + 2):
        body = [f"op.execute({long!r})\n"] * calls
        branch.project.revision(f"r{number}", "".join(body), "pass")
    branch.project.revision("last", PLAIN_INDEX, 'op.drop_index("ix")')

    text = "\n".join(lines_of(branch))

    assert "**Left out, because a comment has little room:**" in text.splitlines()[5]
    assert "All of it: `alembic-zdt review --git main --json`" in text
    assert "* **error** `create-index`" in text
    assert "#### `last`" in text
    assert text.count("```") % 2 == 0
    assert text.count("<details>") == text.count("</details>")


def test_marker_tells_projects_apart(branch):
    """Two sections of one alembic.ini have two comments."""
    section = branch.project.config()
    section.config_ini_section = "stock --> @a"

    made = marker_of(section, branch.folder / "a--b", branch.folder)
    assert made == "<!-- alembic-zdt review: a-%2Db%20stock%20-%2D%3E%20%40a -->"
