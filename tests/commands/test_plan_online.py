"""What a plan learns from the database, and that it leaves nothing there."""

from __future__ import annotations

import pytest

from tests.commands.planning import cli_json, planned, revisions_of, steps_of, text_of
from tests.operations.case import PARTITIONED, SHOP
from tests.operations.cases import CASES

INDEX = 'op.create_index_concurrently("ix_users_email", "users", ["email"])'
every_case = pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])


@pytest.mark.drivers_by_turns
@every_case
def test_plan_changes_nothing(db, project, driver, case):
    """Every directive can be planned on every driver, and leaves the catalog alone.

    Each case is planned on one driver, and both plan some.
    """
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)
    before = db.catalog(ignore=())

    plan = planned(project)

    assert plan["asked"] is True
    assert steps_of(plan)
    assert any(step["done"] is False for step in steps_of(plan))
    assert not db.exists("alembic_version")
    assert db.catalog(ignore=()) == before


@every_case
def test_plan_after_the_upgrade_has_nothing_left_to_do(db, project, case):
    """Planned again as if pending, every step knows that it is done already."""
    if "reindex" in case.id:
        pytest.skip("a rebuild is never done already")
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)
    project.upgrade("head")
    db.execute("DELETE FROM alembic_version")

    plan = planned(project)

    if "refused with the database as it is: cannot " in str(plan):
        return  # the run would refuse the drop, too
    assert [step["done"] for step in steps_of(plan)] == [True] * len(steps_of(plan))


def test_async_env_is_asked(db, project, driver):
    """The command works with the stock sync and async env.py."""
    for statement in SHOP:
        db.execute(statement)
    project.revision("r1", INDEX)

    plan, stderr = cli_json(project)

    assert plan["asked"] is True
    assert [step["done"] for step in steps_of(plan)] == [True, False]
    assert "not asked" not in stderr


def test_partitions_are_in_the_plan(db, project):
    """With the database asked, the steps are those of the tree that is there."""
    for statement in PARTITIONED:
        db.execute(statement)
    project.revision(
        "r1", 'op.create_index_concurrently("ix_body", "events", ["body"])'
    )

    asked = " ".join(
        s for step in steps_of(planned(project)) for s in step["statements"]
    )
    range_only = steps_of(planned(project, "base:head"))

    for leaf in ("events_1", "events_2a", "events_2b"):
        assert f"{leaf} (body)" in asked
    assert "events_2a" not in str(range_only)


def test_interrupted_revision_shows_what_is_left(db, project):
    """Of a revision that died half-way, the finished steps are marked."""
    for statement in SHOP:
        db.execute(statement)
    project.revision(
        "r1",
        f'{INDEX}\nop.create_index_concurrently("ix_total", "orders", ["total"])',
    )
    db.execute("CREATE INDEX ix_users_email ON users (email)")

    plan = planned(project)
    text = text_of(project)

    assert [step["done"] for step in steps_of(plan)] == [True, True, True, False]
    assert '    2. build index "ix_users_email" (done already, will be skipped)' in text
    assert "1 revision, 4 steps, 3 of them done already." in text


def test_step_that_an_earlier_one_undoes_is_not_called_done(db, project):
    """The index is there now, but the revision drops it before it builds it again."""
    for statement in SHOP:
        db.execute(statement)
    db.execute("CREATE INDEX ix_users_email ON users (email)")
    project.revision(
        "r1", f'op.drop_index_concurrently("ix_users_email", "users")\n{INDEX}'
    )

    *_, build = steps_of(planned(project))

    assert build["done"] is None


def test_last_step_is_not_called_done_before_the_first(db, project):
    """A constraint that the recipe itself makes is not gone "already"."""
    for statement in SHOP:
        db.execute(statement)
    project.revision("r1", 'op.add_not_null_two_phase("users", "email")')

    assert True not in [step["done"] for step in steps_of(planned(project))]


def test_table_of_an_earlier_revision_is_no_failure(db, project):
    """A directive on a table that is not there yet is planned with a note."""
    project.revision("r1", 'op.create_table("users", sa.Column("email", sa.Text()))')
    project.revision("r2", INDEX)

    plan = planned(project)

    (operation,) = plan["revisions"][1]["operations"]
    assert operation["note"] == (
        'not compared with the database: table "users" does not exist'
    )
    assert [step["done"] for step in operation["steps"]] == [None, None]
    assert (
        '    note: not compared with the database: table "users" does not exist'
        in text_of(project)
    )


def test_environment_with_its_own_transaction_is_refused_as_in_the_upgrade(project):
    """What the upgrade would refuse, the plan does not call possible."""
    from alembic_zdt.errors import ExternalTransactionError

    project.db.execute("CREATE TABLE users (email text)")
    project.revision("r1", INDEX)
    project.edit_env("connectable.connect()", "connectable.begin()")

    with pytest.raises(ExternalTransactionError):
        planned(project)


def test_environment_with_its_own_transaction_may_run_stock_operations(project):
    """Alembic's own operations work there, so they can be planned."""
    project.revision("r1", 'op.execute("SELECT 1")')
    project.edit_env("connectable.connect()", "connectable.begin()")

    assert revisions_of(planned(project)) == ["r1"]


def test_nobody_is_told_of_versions_that_are_only_planned(project, tmp_path):
    """The environment's on_version_apply functions are not called."""
    project.revision("r1")
    told = tmp_path / "told"
    project.edit_env(
        "target_metadata=target_metadata",
        "target_metadata=target_metadata,"
        f" on_version_apply=lambda **kw: open({str(told)!r}, 'w').close()",
    )

    planned(project)
    planned(project, "base:head")
    assert not told.exists()

    project.upgrade("head")
    assert told.exists()


def test_transaction_per_migration_is_planned_the_same(db, project):
    """How Alembic cuts its transactions does not matter to our steps."""
    for statement in SHOP:
        db.execute(statement)
    project.revision("r1", INDEX)
    plain = planned(project)

    project.configure(transaction_per_migration=True)

    assert planned(project) == plain


def test_role_that_may_only_read_can_plan(db, project):
    """What needs a temporary table to be known is left open, the rest is compared."""
    for statement in SHOP:
        db.execute(statement)
    db.execute("CREATE INDEX ix_users_email ON users (email)")
    project.revision(
        "r1",
        f'{INDEX}\nop.create_index_concurrently("ix_total", "orders", ["total"])',
    )
    url = db.url("psycopg")
    mark = "&" if "?" in url else "?"
    read_only = f"{url}{mark}options=-cdefault_transaction_read_only=on"
    project.write(project.ini, project.ini.read_text().replace(url, read_only))

    first, second = planned(project)["revisions"][0]["operations"]

    assert first["note"].startswith("not compared with the database: ")
    assert "cannot execute CREATE TABLE in a read-only transaction" in first["note"]
    assert [step["done"] for step in second["steps"]] == [True, False]


def notes(plan):
    """The notes of all operations."""
    found = (o["note"] for r in plan["revisions"] for o in r["operations"])
    return [note for note in found if note]


@pytest.mark.parametrize("way", ["plain SQL", "another spelling"])
def test_what_an_earlier_revision_makes_is_not_called_missing(db, project, way):
    """The locks of plain SQL are not known, and a schema may be left out."""
    db.execute("CREATE TABLE users (id int NOT NULL, email text)")
    making = 'op.execute("CREATE INDEX ix ON users (email)")'
    if way == "another spelling":
        schema = f'schema="{db.schema}"'
        making = f'op.create_index_concurrently("ix", "users", ["email"], {schema})'
    project.revision("r1", making, "pass")
    project.revision("r2", 'op.drop_index_concurrently("ix", "users")', "pass")

    assert not [note for note in notes(planned(project)) if "refused" in note]
