"""No transaction is open while revisions are put together or somebody is asked."""

from __future__ import annotations

import pytest

from alembic_zdt import rewriter
from alembic_zdt.connection.session import is_in_transaction

MODELS = """
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("{}", sa.Integer))
"""


@pytest.fixture
def state(db, project):
    """Write a revision; return whether a transaction is open behind our rewriter."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    project.models(MODELS.format("age"))
    project.upgrade()
    found = []

    def hook(context, revision, directives):
        rewriter.process_revision_directives(context, revision, directives)
        path = "SELECT current_setting('search_path')"
        is_open = is_in_transaction(context.connection)
        found.append((is_open, context.connection.exec_driver_sql(path).scalar()))

    def write():
        options = {"autogenerate": True, "message": "age"}
        project.run("revision", **options, process_revision_directives=hook)
        return found[-1]

    return write


def test_reading_transaction_is_ended(db, state):
    assert state() == (False, db.schema)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE made (id int)",
        "SELECT pg_advisory_xact_lock(1)",
        "LOCK TABLE users IN SHARE MODE",
    ],
)
def test_one_that_does_more_goes_on(db, project, state, statement):
    run = "            context.run_migrations()"
    project.edit_env(run, f"            context.execute({statement!r})\n{run}")

    assert state()[0]
    assert db.exists("made") == ("made" in statement)


def test_search_path_of_the_transaction_is_kept(project, state):
    run = "            context.run_migrations()"
    path = "SELECT set_config('search_path', current_schema || ', pg_temp', true)"
    project.edit_env(run, f"            context.execute({path!r})\n{run}")

    assert state()[1].endswith(", pg_temp")
