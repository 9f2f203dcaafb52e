"""What goes wrong while planning is told in one error that names the revision."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import (
    IdentifierTooLongError,
    RevisionError,
    SettingError,
    UnsupportedServerError,
    UsageError,
)
from tests.commands.planning import planned
from tests.support.messages import error_page


def test_revision_that_reads_from_the_database_is_named(project):
    """Without a database there are no rows; the error says which line wants them."""
    project.revision("r1")
    project.revision(
        "r2", 'n = op.get_bind().execute(sa.text("SELECT count(*) FROM t")).scalar()'
    )

    with pytest.raises(RevisionError) as caught:
        planned(project, "base:head")

    assert str(caught.value) == (
        'cannot plan revision "r2": its upgrade() failed\n'
        "detail: AttributeError: 'NoneType' object has no attribute 'scalar' "
        "(r2_.py, line 15). Revisions are planned as for --sql, where queries over "
        "op.get_bind() return no rows.\n"
        'hint: Read from the database only inside "if not '
        'op.get_context().as_sql:", or plan the other revisions with "alembic-zdt plan '
        '<from>:<to>".\n'
        f"docs: {error_page('revision')}"
    )


def test_failing_downgrade_is_named(project):
    """The same for the way back."""
    project.revision("r1", downgrade="raise ValueError('no way back')")

    with pytest.raises(RevisionError) as caught:
        planned(project, "head:base", downgrade=True)

    assert str(caught.value).startswith(
        'cannot plan revision "r1": its downgrade() failed\n'
        "detail: ValueError: no way back (r1_.py, line 19). "
    )


def test_identifier_error_names_the_revision(project):
    """A directive's own error keeps its class, detail and hint."""
    project.revision(
        "r1", f'op.create_index_concurrently("{"i" * 64}", "users", ["email"])'
    )

    with pytest.raises(IdentifierTooLongError) as caught:
        planned(project, "base:head")

    first, detail, *_ = str(caught.value).splitlines()
    assert first == f'cannot plan revision "r1": index name "{"i" * 64}" is too long'
    assert detail.startswith("detail: It has 64 bytes")
    assert caught.value.name == "i" * 64


def test_setting_error_names_the_revision(project):
    """A wrong setting fails the plan as it would fail the upgrade."""
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')

    with pytest.raises(SettingError) as caught:
        planned(project, "base:head", x=["zdt.lock_timeot=1s"])

    assert str(caught.value).splitlines()[0] == (
        'cannot plan revision "r1": unknown setting "lock_timeot" in -x zdt.<name>'
    )


def test_failed_plan_prints_one_failure(project):
    """On the command line: FAILED, 255, no traceback, nothing on standard output."""
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    project.settings(lock_timeout="soon")

    done = project.cli("plan", "--json", "base:head", module="alembic_zdt")

    assert done.rc == 255
    assert 'FAILED: cannot plan revision "r1": setting "lock_timeout"' in done.output
    assert "Traceback" not in done.output


def test_alembics_error_names_the_revision(project):
    """A batch that must look at the table cannot be planned, and says where it is."""
    project.revision(
        "r1",
        """
        with op.batch_alter_table("users", recreate="always") as batch:
            batch.drop_column("email")
        """,
    )

    with pytest.raises(RevisionError) as caught:
        planned(project, "base:head")

    assert str(caught.value).startswith(
        'cannot plan revision "r1"\n'
        "detail: This operation cannot proceed in --sql mode; batch mode with dialect "
        "postgresql requires a live database connection"
    )


def test_directive_in_a_batch_names_the_revision(project):
    """The directive's refusal of batches comes at planning time."""
    project.revision(
        "r1",
        """
        with op.batch_alter_table("users") as batch:
            batch.create_index_concurrently("ix", ["email"])
        """,
    )

    with pytest.raises(UsageError, match='cannot plan revision "r1": cannot run '):
        planned(project, "base:head")


def test_other_dialect_is_refused(project):
    """A directive on another database fails in the plan, not in the deploy."""
    project.revision("r1", 'op.create_index_concurrently("ix", "users", ["email"])')
    text = project.ini.read_text()
    project.write(project.ini, text.replace(project.db.url("psycopg"), "sqlite://"))

    with pytest.raises(UnsupportedServerError, match='cannot plan revision "r1": '):
        planned(project, "base:head")


def test_env_that_runs_nothing_is_told(project):
    """An env.py without run_migrations() is not an empty plan."""
    project.revision("r1")
    project.edit_env("context.run_migrations()", "pass")

    for wanted in (None, "base:head"):
        with pytest.raises(UsageError) as caught:
            planned(project, wanted)

        assert str(caught.value) == (
            "env.py ran no migrations\n"
            "detail: env.py did not call context.run_migrations().\n"
            "hint: Let env.py call context.run_migrations() in offline mode and "
            "online, as in Alembic's templates.\n"
            f"docs: {error_page('usage')}"
        )


def test_env_that_always_connects_is_told(project):
    """An env.py without offline mode cannot be planned where no server is."""
    from tests.commands.planning import without_server

    project.revision("r1")
    project.edit_env("if context.is_offline_mode():", "if False:")
    without_server(project)

    with pytest.raises(UsageError) as caught:
        planned(project, "base:head")

    assert str(caught.value).startswith(
        "env.py could not be run without a database\n"
        "detail: In offline mode env.py failed with OperationalError: "
    )


def test_env_that_always_connects_is_planned_where_it_can(project):
    """The same env.py is fine where the server is there; nothing is sent to it."""
    project.revision("r1", 'op.execute("CREATE TABLE surprise ()")')
    project.edit_env("if context.is_offline_mode():", "if False:")

    planned(project, "base:head")

    assert not project.db.exists("surprise")
