"""What the code of a revision shows, so that a run can begin without the checks."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa
from alembic import op

from alembic_zdt.guard.revision_code import shows_all, takes_names_away
from benchmarks.guard_chain import Chain
from tests.support.project import HAS_PLUGINS, Running

PRINTED = """
import sys
from alembic.config import main
main(argv=sys.argv[2:])
print("loaded", *(name for name in sys.modules if name.startswith("alembic_zdt.")))
"""
FEW = {
    "add": 'op.add_column("t", sa.Column("c", sa.Integer()))',
    "loop": 'for t in ("t", "u"):\n    op.add_column(t, sa.Column("c", sa.Integer()))',
    "sql": 'op.execute("ALTER TABLE t ADD CHECK (id > 0)")',
    "update": "op.execute(sa.text(\"UPDATE t SET a = 'table' WHERE a IS NULL\"))",
    "values": 'op.execute("INSERT INTO t (id) VALUES (1), (2)")',
    "formatted": 'for t in ("t", "u"):\n    op.execute(f"DELETE FROM {t}")',
    "rows": 'op.bulk_insert(sa.table("t", sa.column("id")), [{"id": 1}])',
    "words": 'op.create_table_comment("t", "Read it; do not copy it")',
    "nothing": "pass",
}
UNKNOWN = {
    "query": 'op.execute("INSERT INTO t SELECT * FROM u")',
    "other table": 'op.execute("INSERT INTO t TABLE u")',
    "late query": 'op.execute("INSERT INTO t (id) " + "SELECT 1")',
    "select": 'op.execute("SELECT fill()")',
    "block": 'op.execute("DO $$ BEGIN PERFORM fill(); END $$")',
    "with": 'op.execute("WITH x AS (SELECT 1) INSERT INTO t TABLE x")',
    "create": 'op.execute("CREATE TABLE t AS VALUES (1)")',
    "several": 'op.execute("UPDATE t SET a = 1; COMMIT")',
    "comment": 'op.execute("-- fill\\nINSERT INTO t VALUES (1)")',
    "file": 'op.execute(open("fill.sql").read())',
    "connection": 'op.get_bind().execute(sa.text("SELECT 1"))',
    "many": f'op.execute("INSERT INTO t VALUES {", ".join(["(1)"] * 4000)}")',
    "loop": 'for n in range(9):\n    op.execute(f"INSERT INTO t VALUES ({n})")',
    "helper": "fill(op)",
}


def function(body):
    names = {"op": op, "sa": sa}
    lines = "\n    ".join(body.splitlines())
    exec(f"def upgrade():\n    {lines}\n", names)  # noqa: S102  # as Alembic does
    return names["upgrade"]


@pytest.mark.parametrize("body", FEW.values(), ids=FEW)
def test_calls_with_literals_show_all(body):
    assert shows_all(function(body))


@pytest.mark.parametrize("body", UNKNOWN.values(), ids=UNKNOWN)
def test_other_code_may_add_rows(body):
    assert not shows_all(function(body))


def test_code_of_others_is_unknown():
    outer = "x"

    def upgrade():
        op.execute(outer)

    assert not shows_all(upgrade)
    assert not shows_all(None)
    assert takes_names_away(None)


@pytest.mark.parametrize(
    ("body", "is_taken"),
    [
        ('op.drop_column("t", "c")', True),
        ('op.execute("ALTER TABLE t DROP COLUMN c")', True),
        ('op.add_column("t", sa.Column("drop", sa.Text()))', False),
        ('op.execute("ALTER TABLE t ADD COLUMN c int")', False),
    ],
)
def test_names_that_are_taken_away(body, is_taken):
    assert takes_names_away(function(body)) is is_taken


@pytest.fixture
def loaded(db, project, forkers):
    """Upgrade in a process of its own; return the modules that it has loaded."""
    project.settings(ignore_roles=db.value("SELECT current_user"))  # this session

    def upgrade():
        call = [PRINTED, "-c", str(project.ini), "upgrade", "head"]
        running = forkers["-c"].start(call, project.folder, dict(os.environ))
        done = Running(running).wait()
        done.ok()
        return set(done.stdout.rpartition("loaded ")[2].split())

    return upgrade


@pytest.mark.skipif(not HAS_PLUGINS, reason="Alembic loads no plugins")
def test_chain_on_a_new_database_needs_no_checks(project, loaded):
    for n, body in enumerate(Chain(23).bodies(12, 60)):
        project.revision(f"r{n}", body)

    found = loaded()

    assert project.current == ["r11"]
    assert "alembic_zdt.guard.lazy" in found
    of_checks = {each for each in found if each.startswith("alembic_zdt.checks.")}
    assert of_checks == {"alembic_zdt.checks.repeatable_sql"}  # a pattern
    assert "alembic_zdt.guard.upgrade_guard" not in found


@pytest.mark.skipif(not HAS_PLUGINS, reason="Alembic loads no plugins")
def test_rows_and_directives_on_a_new_database_need_no_guard(db, project, loaded):
    """A directive after a change of the same revision passes: nothing was there."""
    project.revision("r1", 'op.create_table("t", sa.Column("id", sa.Integer()))')
    project.revision("r2", FEW["rows"])
    project.revision(
        "r3", f"{FEW['add']}\nop.create_index_concurrently('ix', 't', ['c'])"
    )

    found = loaded()

    assert db.indexes("t") == ["ix"]
    assert "alembic_zdt.guard.upgrade_guard" not in found
