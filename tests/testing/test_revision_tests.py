"""The tests that the kit generates for the revisions of a project."""

from __future__ import annotations

import sys

import pytest

from alembic_zdt.facts.exported import ExportedDatabase, ExportedTable, Facts
from alembic_zdt.facts.facts_file import text_of

pytest_plugins = "pytester"
CREATE = 'op.create_table("{0}", sa.Column("id", sa.Integer(), primary_key=True))'
DROP = 'op.drop_table("{0}")'
NOT_NULL = 'op.alter_column("orders", "email", nullable={})'
MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text),
    {more}
)
"""


def failures(run):
    """The names of the tests that failed, and the text after them."""
    return {
        report.nodeid.rpartition("::")[2]: str(report.longrepr)
        for report in run.reprec.getfailures()
    }


def with_models(kit, more=""):
    kit.write("models.py", MODELS.format(more=more))
    env = kit.migrations / "env.py"
    text = env.read_text()
    env.write_text(
        text.replace("target_metadata = None", "from models import metadata").replace(
            "target_metadata=target_metadata", "target_metadata=metadata"
        )
    )


def test_each_revision_has_tests_with_readable_names(kit, left_databases):
    kit.orders()
    with_models(kit, 'sa.Index("ix_orders", "email"),')

    run = kit.run("-v")

    run.assert_outcomes(passed=8)
    names = (
        "one_head",
        "models_match",
        "up_down_up[[]0001]",
        "leaves_no_trace[[]0002]",
    )
    for name in (*names, "script_equals_online[[]0002]"):
        run.stdout.fnmatch_lines([f"*alembic.ini::{name}*"])
    assert left_databases() == 0


def test_one_of_them_can_be_named(kit):
    kit.orders()

    kit.run("alembic.ini::up_down_up[0002]").assert_outcomes(passed=1)


def test_they_are_left_out_where_other_tests_are_named(kit):
    kit.orders()
    kit.pytester.makepyfile(test_a="def test_a(): pass")

    kit.run("test_a.py").assert_outcomes(passed=1)


def test_faults_of_revisions_are_found(kit):
    """What Alembic's own comparison does not see is a trace, too."""
    kit.orders()
    kit.revision(
        "0003",
        "0002",
        "op.execute(\"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'\")",
    )
    kit.revision(
        "0004",
        "0003",
        'op.create_table("a", sa.Column("id", sa.Integer())) '
        "if not op.get_context().as_sql else None",
        DROP.format("a"),
    )
    with_models(kit)

    found = failures(kit.run())

    assert found.keys() == {
        "up_down_up[0003]",
        "leaves_no_trace[0003]",
        "script_equals_online[0004]",
        "models_match",
    }
    assert "already exists" in found["up_down_up[0003]"]
    assert found["leaves_no_trace[0003]"].startswith(
        "the downgrade of revision 0003 leaves a trace\n+ public: functions: f, "
    )
    assert "- public: columns: a, id, integer" in found["script_equals_online[0004]"]
    assert "remove_index" in found["models_match"]


def test_revision_without_downgrade_is_skipped(kit):
    kit.revision("0001", None, CREATE.format("a"), "raise NotImplementedError('no')")

    run = kit.run("-rs")

    run.assert_outcomes(passed=2, skipped=3)
    run.stdout.fnmatch_lines(["*revision 0001 has no downgrade: no"])


def test_branches_with_labels_are_several_heads(kit):
    kit.revision("a1", None, CREATE.format("a"), DROP.format("a"), label="a")
    kit.revision("b1", None, CREATE.format("b"), DROP.format("b"), label="b")
    kit.revision("b2", "b1", CREATE.format("c"), DROP.format("c"), after="a1")

    kit.run().assert_outcomes(passed=10, skipped=1)


def test_heads_without_labels_are_named_and_a_merge_is_tested(kit):
    kit.revision("a1", None, CREATE.format("a"), DROP.format("a"))
    kit.revision("b1", "a1", CREATE.format("b"), DROP.format("b"))
    kit.revision("c1", "a1", CREATE.format("c"), DROP.format("c"))

    found = failures(kit.run("alembic.ini::one_head"))
    kit.revision("d1", ("b1", "c1"), CREATE.format("d"), DROP.format("d"))

    assert found["one_head"].startswith("there are 2 heads: b1, c1\n")
    kit.run().assert_outcomes(passed=13, skipped=1)


def test_rows_of_the_project_are_there_before_a_revision(kit):
    """A revision that fails over them fails in the same way for those above it."""
    kit.orders()
    kit.revision("0003", "0002", NOT_NULL.format(False), NOT_NULL.format(True))
    kit.revision("0004", "0003")
    kit.pytester.makeconftest(
        """
        def pytest_zdt_rows(revision):
            if revision == "0003":
                return {"public.orders": [{"id": 1}]}
        """
    )
    names = ["up_down_up[0003]", "up_down_up[0004]", "leaves_no_trace[0004]"]

    found = failures(kit.run(*(f"alembic.ini::{name}" for name in names)))

    assert [*found] == names
    for text in found.values():
        assert 'column "email" of relation "orders" contains null values' in text


def test_stalls_are_found_where_tables_are_large(kit):
    """The build of an index reads the table under a lock; a downgrade counts, too."""
    kit.orders()
    kit.revision(
        "0003",
        "0002",
        'op.drop_index_concurrently("ix_orders", "orders")',
        'op.safety_assured("few rows").__enter__() or '
        'op.create_index("ix_orders", "orders", ["email"])',
    )
    kit.write("tox.ini", "[pytest]\nzdt_large_tables = public.ord*\n")

    found = failures(kit.run("alembic.ini", "-k", "no_stall"))

    assert found.keys() == {"no_stall[0003]"}
    assert found["no_stall[0003]"] == (
        "the application may wait for revision 0003\n"
        "CREATE INDEX ix_orders ON orders (email)\n"
        "  reads all rows of public.orders under SHARE on public.orders, "
        "which blocks writes"
    )


@pytest.mark.parametrize("rows", [10_000, 10_001])
def test_facts_say_which_tables_are_large(kit, rows):
    kit.orders()
    index = 'op.create_index("ix", "orders", ["id"])'
    kit.revision("0003", "0002", index, 'op.drop_index("ix", "orders")')
    kit.write("tox.ini", "[pytest]\nzdt_facts = facts.json\n")
    table = ExportedTable(
        *("public", "orders", "r", False, (), rows, 0, 0, 0, 0.0, 0.0, (), (), ())
    )
    database = ExportedDatabase("shop", (), 160004, {}, ("public",), (table,), ())
    facts = Facts("2026-11-29T20:15:00+00:00", None, (database,))
    kit.write("facts.json", text_of(facts))

    found = failures(kit.run("alembic.ini::no_stall[0003]"))

    assert len(found) == (rows > 10_000)


ENV_WITH_A_POOL_AND_A_SCHEMA = """\
import sys
from sqlalchemy import create_engine, text
from alembic import context

kept = sys.__dict__.setdefault("engines_of_this_test", [])
if context.is_offline_mode():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"))
    with context.begin_transaction():
        context.run_migrations()
else:
    kept.append(create_engine(context.config.get_main_option("sqlalchemy.url")))
    with kept[-1].connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS shop"))
        connection.execute(text("SET search_path = shop"))
        connection.commit()
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
GRANT = "op.execute('{} ON orders, orders_id_seq {} pg_monitor')"


def test_env_py_may_keep_a_pool_and_make_a_schema(kit, left_databases):
    """Nor is it a trace that PostgreSQL writes the privileges of the owner down."""
    kit.revision(
        "0001",
        None,
        "op.execute('CREATE TABLE orders (id serial)')",
        DROP.format("orders"),
    )
    kit.revision(
        "0002",
        "0001",
        GRANT.format("GRANT SELECT", "TO"),
        GRANT.format("REVOKE SELECT", "FROM"),
    )
    (kit.migrations / "env.py").write_text(ENV_WITH_A_POOL_AND_A_SCHEMA)

    run = kit.run("alembic.ini")
    for engine in sys.__dict__.pop("engines_of_this_test"):
        engine.dispose()

    run.assert_outcomes(passed=7, skipped=1)
    assert left_databases() == 0


def test_tables_of_this_package_are_no_trace_under_other_names(kit):
    kit.orders()
    ini = kit.pytester.path / "alembic.ini"
    ini.write_text(
        ini.read_text().replace(
            "[loggers]",
            "[alembic_zdt]\nlog_table = runs\nstep_table = steps\n\n[loggers]",
        )
    )

    names = [f"alembic.ini::leaves_no_trace[{name}]" for name in ("0001", "0002")]
    kit.run(*names).assert_outcomes(passed=2)
