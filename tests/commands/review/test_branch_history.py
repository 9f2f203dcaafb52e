"""What the branch does to revisions that the base has."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import RevisionError
from tests.commands.review.conftest import ORDERS

INDEX = 'op.create_index_concurrently("ix", "orders", ["id"])'
REFUSED = 'op.irreversible("it is a test")'


def states(review):
    """Revision -> what the branch does to it."""
    return {each.revision: each.state.value for each in review.revisions}


def history(review):
    """Check and message of each finding about the history."""
    return [
        (found.check, found.message)
        for found in review.linted.findings
        if found.line == 0
    ]


def test_added_revisions_alone_are_reviewed(branch):
    """Committed or not, and none that was added to the base meanwhile."""
    branch.project.revision("r2", INDEX)
    branch.commit()
    branch.project.revision("r3", "pass")

    found = branch.review()

    assert states(found) == {"r2": "added", "r3": "added"}
    assert history(found) == []


def test_changed_upgrade_is_a_warning(branch):
    branch.project.revision("r1", ORDERS.replace("orders", "users"))

    found = branch.review()

    assert states(found) == {"r1": "changed"}
    assert history(found) == [
        ("edited-revision", 'revision "r1" was changed, and main has it already')
    ]


def test_comment_and_downgrade_may_change(branch):
    """Nothing runs then, and nothing is wrong with it."""
    path = branch.path("r1")
    text = path.read_text().replace('op.drop_table("orders")', REFUSED)
    branch.project.write(path, f"# a comment\n{text}")

    found = branch.review()

    assert states(found) == {"r1": "unchanged"}
    assert found.revisions[0].planned == []
    assert history(found) == []


def test_renamed_file_is_the_same_revision(branch):
    branch.git("mv", str(branch.path("r1")), str(branch.project.versions / "new.py"))

    found = branch.review()

    assert states(found) == {"r1": "unchanged"}
    assert history(found) == []


def test_moved_revision_is_a_warning(branch):
    """Where a revision is put below one that databases have, they never run it."""
    branch.project.revision("r0", "pass", down_revision=None)
    branch.project.revision("r1", ORDERS, 'op.drop_table("orders")', down_revision="r0")

    found = branch.review()

    assert states(found) == {"r0": "added", "r1": "changed"}
    assert history(found) == [
        ("moved-revision", 'revision "r1" follows r0 instead of base')
    ]


def test_deleted_revision_is_a_warning(branch):
    branch.project.revision("r2", "pass")
    branch.commit()
    branch.path("r2").unlink()

    found = branch.review("work")

    assert states(found) == {}
    assert history(found) == [
        ("deleted-revision", 'revision "r2" was deleted, and work has it')
    ]
    assert found.exit_code == 1


@pytest.mark.filterwarnings("ignore:Revision r1 referenced")
def test_deleted_revision_below_others_is_an_error(branch):
    branch.project.revision("r2", "pass")
    branch.commit()
    branch.path("r1").unlink()

    with pytest.raises(RevisionError, match="there is no r1"):
        branch.review()


def test_files_of_another_project_do_not_count(branch):
    """Nor do files that are no revisions."""
    branch.project.write("other/versions/x1_.py", branch.path("r1").read_text())
    branch.project.write("migrations/versions/helper.py", "revision = 3\n")
    branch.commit()
    branch.project.write("other/versions/x1_.py", "revision = 'x2'\n")
    (branch.project.versions / "helper.py").unlink()

    assert history(branch.review("work")) == []


def test_file_that_is_no_python_any_more(branch):
    branch.project.write(
        branch.path("r1"), "revision = 'r1'\ndown_revision = None\n)(\n"
    )

    found = branch.review()

    assert states(found) == {"r1": "changed"}
    assert [check for check, _ in history(found)] == ["edited-revision"]
    assert found.exit_code == 2
    assert found.revisions[0].failure == "its file cannot be imported"
    assert "SyntaxError" in found.linted.unchecked[0].reason
