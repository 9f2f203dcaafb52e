"""Autogenerate leaves our tables alone, as it leaves alembic_version alone."""

from __future__ import annotations

MODELS = """
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer), sa.Column("n", sa.Integer))
"""


def test_autogenerate_does_not_drop_the_journal(db, project, driver):
    db.execute("CREATE TABLE users (id int, n int)")
    project.models(MODELS)
    project.revision("a1", 'op.backfill("users", {"n": "id"})')
    project.upgrade()
    assert db.exists("alembic_zdt_backfill_slice")

    project.run("check")


def test_nor_under_another_name(db, project, new_schema):
    db.execute("CREATE TABLE users (id int, n int)")
    project.models(MODELS)
    project.settings(backfill_table="backfills")
    project.revision("a1", 'op.backfill("users", {"n": "id"})')
    project.upgrade()
    assert db.exists("backfills_slice")
    assert not db.exists("alembic_zdt_backfill")

    project.run("check")


def test_the_journal_is_beside_the_version_table(db, project, new_schema):
    place = new_schema()
    db.execute("CREATE TABLE users (id int, n int)")
    project.configure(version_table_schema=place)
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    project.upgrade()

    assert db.column(f"SELECT name FROM {place}.alembic_zdt_backfill") == ["users.n"]
    assert not db.exists("alembic_zdt_backfill")


def test_or_where_the_settings_want_it(db, project, new_schema):
    place = new_schema()
    db.execute("CREATE TABLE users (id int, n int)")
    project.settings(backfill_schema=place)
    project.revision("a1", 'op.backfill("users", {"n": "id"})')

    project.upgrade()

    assert db.column(f"SELECT name FROM {place}.alembic_zdt_backfill") == ["users.n"]
