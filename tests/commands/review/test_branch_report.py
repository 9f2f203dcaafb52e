"""What a review knows of each revision, with and without a database."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from alembic_zdt.commands.review import review_formats
from alembic_zdt.commands.review.comment import comment
from alembic_zdt.errors import UsageError
from tests.commands.planning import without_server
from tests.commands.test_several_databases import ENV, REVISION
from tests.facts.exporting import exported, in_file
from tests.support.output import parsed, valid

INDEX = 'op.create_index_concurrently("ix", "orders", ["id"])'
PLAIN_INDEX = 'op.create_index("ix", "orders", ["id"])'
ANALYZE = 'op.execute("ANALYZE")'
DROP = 'op.contract_drop_column("orders", "note")'


def shown(review):
    """The review as plain data, which has just the keys of its schema."""
    return valid("review", review.as_json())


def losses(review):
    return {each.revision: list(each.losses) for each in review.revisions}


def test_revision_in_each_phase(branch):
    branch.project.revision("r2", INDEX)
    branch.project.revision("r3", 'op.backfill("orders", {"note": "id"})')
    branch.project.revision("r4", DROP)

    found = shown(branch.review())

    assert [(each["revision"], each["phase"]) for each in found["revisions"]] == [
        ("r2", "expand"),
        ("r3", "migrate"),
        ("r4", "contract"),
    ]
    assert [each["revision"] for each in found["plan"]] == ["r2", "r3", "r4"]
    assert found["conditions"] is None
    assert {each["applied"] for each in found["revisions"]} == {None}


def test_findings_are_those_of_lint_and_steps_those_of_plan(branch):
    branch.project.revision("r2", PLAIN_INDEX, 'op.drop_index("ix")')
    branch.commit()
    linted = branch.project.cli("lint", "--git", "main", "--json", module="alembic_zdt")
    plan = branch.project.cli("plan", "r1:r2", "--json", module="alembic_zdt").ok()

    found = shown(branch.review())

    (mine,), (theirs,) = found["findings"], parsed("lint", linted.stdout)["findings"]
    assert mine | {"file": ""} == theirs | {"file": ""}
    assert found["plan"] == parsed("plan", plan.stdout)["revisions"]
    assert found["exit_code"] == linted.rc == 2


def test_what_cannot_be_undone(branch):
    """Each reason, and none for a table that the same revision has made."""
    create = 'op.create_table("t", sa.Column("id", sa.Integer))'
    bodies = {
        "r2": (INDEX, 'op.irreversible("it is old")'),
        "r3": (DROP, "pass"),
        "r4": ('op.execute("DROP TABLE orders")', "raise NotImplementedError"),
        "r5": (f'{create}\nop.drop_column("t", "id")\nop.drop_table("t")', ANALYZE),
        "r6": ('op.execute("TRUNCATE users")', "pass"),
        "r7": ('op.drop_index_concurrently("ix", "orders")', INDEX),
    }
    for name, (upgrade, downgrade) in bodies.items():
        branch.project.revision(name, upgrade, downgrade)

    found = losses(branch.review())

    assert found["r2"] == ["downgrade() refuses. Its reason: it is old."]
    assert found["r3"][0] == 'The values of "orders.note" are gone.'
    assert found["r4"] == [
        'The rows of "orders" are gone.',
        "downgrade() is not implemented.",
    ]
    assert found["r5"] == []
    assert found["r6"] == ["TRUNCATE removes all rows."]
    assert found["r7"] == []


def test_revision_that_cannot_be_planned_leaves_the_others(branch):
    """It reads a row, which no script can."""
    read = 'op.get_bind().execute(sa.text("SELECT 1")).scalar_one()'
    branch.project.revision("r2", INDEX)
    branch.project.revision("r3", read)
    branch.project.revision("r4", INDEX.replace('"ix"', '"ix2"'))

    found = branch.review()

    assert [bool(each.planned) for each in found.revisions] == [True, False, True]
    assert "r3" in found.revisions[1].failure
    assert shown(found)["revisions"][1]["plan_failure"] is not None
    assert found.exit_code == 1
    assert branch.review(fail_on="lock>1min").exit_code == 1


def test_env_that_needs_a_database(branch):
    """Its reason is told, and the lint goes on without env.py."""
    branch.project.revision("r2", PLAIN_INDEX)
    branch.project.write(branch.project.env, "raise RuntimeError('no secret')")

    found = branch.review()

    assert "no secret" in found.revisions[0].failure
    assert "no secret" in found.linted.unchecked[0].reason
    assert [each.check for each in found.linted.findings if each.line] != []


def test_several_heads(branch):
    branch.project.revision("r2", INDEX)
    branch.project.revision("r3", PLAIN_INDEX, down_revision="r1")

    found = branch.review()

    assert {each.revision for each in found.revisions} == {"r2", "r3"}
    assert all(each.planned for each in found.revisions)
    assert "multiple-heads" in {each.check for each in found.linted.findings}


def test_merge_of_two_branches(branch):
    branch.project.revision("r2", "pass")
    branch.project.revision("r3", "pass", down_revision="r1")
    branch.project.revision("r4", "pass", down_revision=("r2", "r3"))

    found = branch.review()

    assert [each.revision for each in found.revisions][-1] == "r4"
    assert found.exit_code == 0


def test_revision_that_others_need(branch):
    """An old revision that changed is planned with all before it."""
    branch.project.revision("r2", "pass")
    branch.commit()
    branch.git("branch", "-f", "main")
    branch.project.revision("r1", INDEX)

    (found,) = branch.review().revisions

    assert found.revision == "r1"
    assert [each.call for each in found.planned[0].operations] == [
        "op.create_index_concurrently('ix', 'orders', ['id'])"
    ]


def test_several_databases(branch):
    """Each has its own steps, and the comment tells which is which."""
    env = ENV.format(urls={"one": "postgresql://", "two": "postgresql://"})
    branch.project.write(branch.project.env, env)
    branch.path("r1").unlink()
    branch.commit()
    branch.project.write(branch.path("r1"), REVISION)

    (found,) = branch.review("work").revisions
    text = comment(branch.review("work"))

    assert [each.database for each in found.planned] == ["one", "two"]
    assert "`op.create_index()` in `one`" in text
    assert "['total'])` in `two`" in text


# ------------------------------------------------------------------- with a database


@pytest.fixture
def deployed(db, branch):
    """The base is in the database, with 300,000 orders."""
    branch.project.upgrade()
    db.execute("INSERT INTO orders SELECT generate_series(1, 300000)")
    db.execute("ANALYZE orders")
    branch.project.revision("r2", INDEX)
    return branch


def test_facts_give_estimates_and_need_no_server(deployed):
    facts = exported(deployed.project)
    without_server(deployed.project)

    found = shown(deployed.review(facts=facts))

    assert found["facts"] == facts.exported_at
    (revision,) = found["revisions"]
    assert revision["applied"] is False
    steps = found["plan"][0]["operations"][0]["steps"]
    assert {each["estimate"]["source"] for each in steps if each["estimate"]} == {
        "default"
    }


def test_database_gives_the_same_as_plan(deployed, driver):
    asked = deployed.project.cli("plan", "--json", module="alembic_zdt").ok()
    url = deployed.project.db.url(driver)
    without_server(deployed.project)

    found = deployed.review(database=url)

    assert shown(found)["plan"] == parsed("plan", asked.stdout)["revisions"]
    assert found.asked
    assert found.revisions[0].is_applied is False


@pytest.mark.parametrize("source", ["facts", "database"])
def test_applied_revision_is_not_planned(deployed, source):
    """It was deployed from the branch, and another one was added since."""
    deployed.project.upgrade()
    deployed.project.revision("r3", "pass")
    facts = exported(deployed.project)
    url = deployed.project.db.url("psycopg")

    found = deployed.review(
        **{"facts": facts} if source == "facts" else {"database": url}
    )

    applied = {each.revision: each.is_applied for each in found.revisions}
    assert applied == {"r2": True, "r3": False}
    assert [bool(each.planned) for each in found.revisions] == [False, True]


def test_applied_revision_that_was_edited_is_one_error(deployed):
    """The facts have its digest, so it is no guess that a database has it."""
    deployed.project.upgrade()
    facts = exported(deployed.project)
    deployed.commit()
    deployed.project.revision("r2", INDEX.replace('"ix"', '"other"'))

    found = deployed.review("work", facts=facts)

    edited = [f for f in found.linted.findings if f.check == "edited-revision"]
    assert [(each.revision, each.severity.value) for each in edited] == [
        ("r2", "error")
    ]
    assert "#### `r2` does not run: the database has it" in comment(found)


def test_facts_of_a_newer_base(deployed):
    """Then the branch lacks a revision that production has."""
    facts = exported(deployed.project)
    (only,) = facts.databases
    newer = replace(facts, databases=(replace(only, revisions=("r9",)),))

    with pytest.raises(UsageError, match="has no file here"):
        deployed.review(facts=newer)


def test_facts_and_a_database(deployed):
    facts = exported(deployed.project)

    with pytest.raises(UsageError, match="both --facts and --database"):
        deployed.review(facts=facts, database=deployed.project.db.url("psycopg"))


# ------------------------------------------------------------------------- as command


def test_command_writes_the_output_and_the_comment(branch):
    branch.project.revision("r2", PLAIN_INDEX, 'op.drop_index("ix")')
    options = ("--format", "gitlab", "-o", "quality.json", "--comment", "comment.md")

    done = branch.project.cli(
        *("review", "--git", "main", *options), module="alembic_zdt"
    )

    assert (done.rc, done.stdout) == (2, "")
    (found,) = json.loads((branch.folder / "quality.json").read_text())
    assert found["check_name"] == "create-index"
    written = (branch.folder / "comment.md").read_text()
    assert written.startswith("<!-- alembic-zdt review: migrations -->\n")
    assert not list(branch.folder.glob("*.json.*"))


def test_command_prints_each_format(branch):
    """``github`` and ``gitlab`` are those of lint."""
    branch.project.revision("r2", PLAIN_INDEX, 'op.drop_index("ix")')
    found = branch.review()
    texts = {
        name: write(found) for name, write in review_formats.REVIEW_FORMATS.items()
    }

    assert texts["markdown"].startswith(found.marker)
    assert parsed("review", texts["json"])["base"] == "main"
    place = "file=migrations/versions/r2_.py,line=15,title=create-index"
    assert texts["github"].startswith(f"::error {place}::")
    assert json.loads(texts["gitlab"])[0]["location"]["path"] == (
        "migrations/versions/r2_.py"
    )


def test_command_tells_what_decides(deployed):
    facts = exported(deployed.project)
    in_file(facts, deployed.folder / "facts.json")
    without_server(deployed.project)
    given = ("review", "--git", "main", "--facts", "facts.json", "--json")

    done = deployed.project.cli(
        *(*given, "--fail-on", "estimate>1ms, lock>1h"), module="alembic_zdt"
    )

    assert done.rc == 2
    found = parsed("review", done.stdout)["conditions"]
    assert [each["met"] for each in found] == [True, False]
    assert f"the facts of {facts.exported_at} were used" in done.stderr
    assert "estimate>1ms is met: r2: build" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "html"), '--format is "html"'),
        (("-o", "alembic.ini/x"), 'cannot write the review to "alembic.ini/x"'),
        (("--fail-on", "size>1"), 'cannot read the condition "size>1"'),
    ],
)
def test_command_that_cannot_be_run(branch, options, message):
    done = branch.project.cli("review", "--git", "main", *options, module="alembic_zdt")

    assert done.rc == 255
    assert message in done.output
