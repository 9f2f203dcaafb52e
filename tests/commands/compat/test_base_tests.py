"""``compat``: what the tests of the base show about the branch's revisions."""

from __future__ import annotations

BREAKING = 'op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))'
PHASED = 'op.expand_add_column("users", sa.Column("age", sa.Integer()))'
RENAME = 'op.alter_column("users", "name", new_column_name="full_name")'


def test_change_that_breaks_running_code(repository):
    """The tests of the branch would pass: they are not run."""
    repository.deploy()
    repository.revision("0002", "0001", BREAKING)
    repository.write("check.py", "")

    run = repository.compat()

    assert run.rc == 2, run.output
    assert run.stdout == (
        "(1,)\n"  # of the run without the revision
        "FAILED: the tests of origin/main fail with the revisions of this branch\n"
        "detail: python check.py ended with exit code 1 after revision "
        '"0002", and passed before. The code that is running now fails in the same '
        "way from the upgrade until the deploy.\n"
        "hint: Keep what this code uses until it is gone: split the change into "
        "expand, migrate and contract.\n"
        "docs: alembic-zdt explain revision\n"
    )


def test_change_in_phases(repository):
    """Its contract is left for later, also where tables have no rows."""
    repository.deploy()
    repository.revision("0002", "0001", PHASED)
    repository.revision("0003", "0002", RENAME)

    run = repository.compat()

    assert run.rc == 0, run.output
    commit = repository.git("rev-parse", "origin/main")[:10]
    assert run.stderr.splitlines() == [
        f"run the revisions of origin/main ({commit})",
        "run the revisions of this branch that run before the deploy",
        'ran revision "0002" ()',
        'stopped before revision "0003" (): its phase is contract, later than migrate',
        "run the tests of origin/main with the revisions of this branch",
    ]
    assert run.stdout == (
        "(1,)\nthe tests of origin/main pass with 1 revision of this branch\n"
    )


def test_nothing_is_pending(repository):
    repository.deploy()
    repository.revision("0002", "0001", RENAME)

    run = repository.compat(tests=["false"])

    assert run.rc == 0, run.output
    assert run.stdout == (
        "no revision is pending that runs before the deploy: the tests of "
        "origin/main were not run\n"
    )
    assert 'stopped before revision "0002"' in run.stderr


def test_expand_after_a_contract(repository):
    repository.deploy()
    repository.revision("0002", "0001", RENAME)
    repository.revision("0003", "0002", PHASED)

    run = repository.compat()

    assert run.rc == 3, run.output
    assert 'revision "0003" () comes after contract "0002"' in run.stdout


def test_base_without_migrations_and_branch_with_two_heads(repository):
    repository.write("check.py", "import os; os.environ['DATABASE_URL']")
    repository.git("add", "check.py")
    repository.git("commit", "-q", "-m", "code")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.revision("a", "0001", PHASED)
    repository.revision("b", "0001")

    run = repository.compat()

    assert run.rc == 0, run.output
    assert "origin/main has no alembic.ini: its database has no revisions" in run.stderr
    assert "pass with 3 revisions of this branch" in run.stdout


def test_revision_that_fails(repository):
    """Python ends with 1, which has another meaning here."""
    repository.revision("0001", None, "op.execute('SELECT 1 / 0')")
    repository.deploy()

    run = repository.compat()

    assert run.rc == 255, run.output
    assert "division by zero" in run.output
