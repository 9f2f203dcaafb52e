"""Alembic's own operations, and all else that a revision runs, in the plan."""

from __future__ import annotations

import pytest

from tests.commands.planning import calls_of, planned, steps_of, text_of
from tests.commands.stock_calls import CALLS

every_call = pytest.mark.parametrize("call", [pytest.param(c, id=c.id) for c in CALLS])
TABLE = 'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True))'


def locks_of(step):
    return [(x["mode"], x["relation"], x["new_table"]) for x in step["locks"]]


@every_call
def test_plan_has_what_sql_writes(project, call):
    """Each stock operation is one step with known locks, and no statement is lost."""
    project.revision("r0")
    project.revision("r1", call.code)

    (step,) = steps_of(planned(project, "r0:r1"))
    script = project.sql("r0:r1")

    *_, revision = script.partition("-- Running upgrade r0 -> r1")[2].split("\n\n", 1)
    body = revision.partition("UPDATE alembic_version")[0]
    found = "\n\n".join(f"{statement};" for statement in step["statements"])
    assert found == body.strip()
    assert step["locks"] is not None
    assert step["transaction"] == "revision"


def test_call_is_named_as_in_the_revision(project):
    """Whoever reads the plan finds the line in the file."""
    project.revision("r1", "\n".join(c.code for c in CALLS if "batch" not in c.id))

    found = set(calls_of(planned(project, "base:head")))

    assert found == {
        "op.add_column()",
        "op.alter_column()",
        "op.bulk_insert()",
        "op.create_check_constraint()",
        "op.create_exclude_constraint()",
        "op.create_foreign_key()",
        "op.create_index()",
        "op.create_primary_key()",
        "op.create_table()",
        "op.create_table_comment()",
        "op.create_unique_constraint()",
        "op.drop_column()",
        "op.drop_constraint()",
        "op.drop_index()",
        "op.drop_table()",
        "op.drop_table_comment()",
        "op.rename_table()",
    }


def test_index_on_a_new_table_blocks_nobody(project):
    """A table that the revision makes is marked, and left out of what is blocked."""
    project.revision("r1", f'{TABLE}\nop.create_index("ix", "users", ["id"])')

    index = steps_of(planned(project, "base:head"))[1]

    assert locks_of(index) == [("SHARE", "users", True)]
    assert (index["blocks"], index["scans"]) == ("nothing", [])
    text = text_of(project, "base:head")
    assert "       lock: SHARE on users, a new table, blocks no session" in text
    assert not [line for line in text if line.startswith("look at")]


def test_table_of_another_revision_is_not_new(project):
    """Between two revisions the application may have begun to use it."""
    project.revision("r1", TABLE)
    project.revision("r2", 'op.create_index("ix", "users", ["id"])')

    index = steps_of(planned(project, "base:head"))[1]

    assert locks_of(index) == [("SHARE", "users", False)]


def test_renamed_new_table_stays_new(project):
    """The new name of a new table is new; the new name of an old table is not."""
    project.revision(
        "r1",
        TABLE + '\nop.rename_table("users", "people")\n'
        'op.rename_table("orders", "sales")\n'
        'op.create_index("ix1", "people", ["id"])\n'
        'op.create_index("ix2", "sales", ["id"])\n'
        'op.drop_table("people")\n'
        'op.create_index("ix3", "people", ["id"])',
    )

    *_, people, sales, _drop, again = steps_of(planned(project, "base:head"))

    assert [s["locks"][0]["new_table"] for s in (people, sales, again)] == [
        True,
        False,
        False,
    ]


def test_new_table_with_foreign_key_locks_its_parent(project):
    """CREATE TABLE is not harmless when it refers to a busy table."""
    project.revision(
        "r1",
        """
        op.create_table("lines",
            sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("order_id", sa.Integer(), sa.ForeignKey("shop.orders.id"),
                      index=True),
            sa.Column("up", sa.Integer(), sa.ForeignKey("lines.id")))
        """,
    )

    (step,) = steps_of(planned(project, "base:head"))

    assert locks_of(step) == [("SHARE ROW EXCLUSIVE", "shop.orders", False)]
    assert step["blocks"] == "writes"
    assert step["statements"][1] == "CREATE INDEX ix_lines_order_id ON lines (order_id)"


def test_directive_on_a_new_table_is_marked(project):
    """Our own steps know new tables, too."""
    project.revision(
        "r1", f'{TABLE}\nop.create_index_concurrently("ix", "users", ["id"])'
    )

    *_, build = steps_of(planned(project, "base:head"))

    assert locks_of(build) == [("SHARE UPDATE EXCLUSIVE", "users", True)]
    assert build["blocks"] == "nothing"


def test_execute_has_unknown_locks_and_its_whole_text(project):
    """What SQL does is not guessed, and its text is not cut at semicolons."""
    body = "DO $$\nBEGIN\n  PERFORM 1;\n  PERFORM 2;\nEND $$"
    project.revision("r1", f"op.execute({body!r})")

    (step,) = steps_of(planned(project, "base:head"))

    assert step["statements"] == [body]
    assert (step["locks"], step["blocks"], step["scans"]) == (None, None, None)
    lines = text_of(project, "base:head")
    assert "       lock: unknown" in lines
    assert "look at r1, step 1: its locks are not known" in lines


def test_statement_through_the_connection_is_not_lost(project):
    """op.get_bind().execute() goes past the operations, not past the plan."""
    project.revision(
        "r1",
        """
        op.execute("SELECT 1")
        op.get_bind().execute(sa.text("UPDATE users SET id = 1"))
        op.execute("SELECT 2")
        """,
    )

    plan = planned(project, "base:head")

    assert calls_of(plan) == ["op.execute()", "op.get_bind()", "op.execute()"]
    assert [step["statements"] for step in steps_of(plan)] == [
        ["SELECT 1"],
        ["UPDATE users SET id = 1"],
        ["SELECT 2"],
    ]


def test_autocommit_block_is_seen(project):
    """Inside the user's block a stock operation has no transaction, and says so."""
    project.revision(
        "r1",
        """
        op.execute("SELECT 1")
        with op.get_context().autocommit_block():
            op.create_index("ix", "users", ["id"], postgresql_concurrently=True)
        op.execute("SELECT 2")
        """,
    )

    steps = steps_of(planned(project, "base:head"))

    assert [step["transaction"] for step in steps] == [
        "revision",
        "autocommit",
        "revision",
    ]
    assert steps[1]["statements"] == ["CREATE INDEX CONCURRENTLY ix ON users (id)"]
    assert locks_of(steps[1]) == [("SHARE UPDATE EXCLUSIVE", "users", False)]
    assert steps[1]["note"] is None


def test_concurrently_in_a_transaction_is_told(project):
    """The plan knows that PostgreSQL will refuse it."""
    project.revision(
        "r1", 'op.create_index("ix", "users", ["id"], postgresql_concurrently=True)'
    )

    (step,) = steps_of(planned(project, "base:head"))

    assert step["note"] == (
        "fails: CONCURRENTLY cannot run in a transaction; write it in "
        "op.get_context().autocommit_block()"
    )


def test_batch_is_one_step_with_the_strongest_locks(project):
    """What batch_alter_table() collects is shown where it runs."""
    project.revision(
        "r1",
        """
        with op.batch_alter_table("orders", schema="shop") as batch:
            batch.create_index("ix", ["age"])
            batch.add_column(sa.Column("age", sa.Integer()))
            batch.execute("SELECT 1")
        """,
    )

    plan = planned(project, "base:head")
    at_once, batch = steps_of(plan)

    assert calls_of(plan) == ["op.execute()", "op.batch_alter_table('orders')"]
    assert at_once["statements"] == ["SELECT 1"]
    assert batch["purpose"] == "run op.create_index(), op.add_column()"
    assert len(batch["statements"]) == 2
    assert locks_of(batch) == [("ACCESS EXCLUSIVE", "shop.orders", False)]
    assert batch["scans"] == ["shop.orders"]


def test_batch_that_copies_the_table_has_unknown_locks(project):
    """A table made anew is not the sum of its changes."""
    project.revision(
        "r1",
        """
        table = sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer()),
                         sa.Column("email", sa.Text()))
        with op.batch_alter_table("users", recreate="always", copy_from=table) as b:
            b.drop_column("email")
        """,
    )

    (step,) = steps_of(planned(project, "base:head"))

    assert step["locks"] is None
    assert any("DROP TABLE users" in statement for statement in step["statements"])


def test_operation_of_another_package_is_shown_by_what_it_runs(project):
    """A custom operation made of stock ones is not listed twice."""
    project.revision(
        "r1",
        """
        from alembic.operations import MigrateOperation, Operations

        class TidyOp(MigrateOperation):
            @classmethod
            def tidy(cls, operations):
                return operations.invoke(cls())

        @Operations.implementation_for(TidyOp)
        def tidy(operations, operation):
            operations.drop_column("users", "old")
            operations.impl.execute("SELECT 1")

        TidyOp.tidy(op.get_context().op if hasattr(op.get_context(), "op")
                    else Operations(op.get_context()))
        """,
    )

    plan = planned(project, "base:head")

    assert calls_of(plan) == ["op.drop_column()", "TidyOp"]
    assert [step["locks"] is None for step in steps_of(plan)] == [False, True]


def test_operations_in_a_context_of_the_revision_are_seen(project):
    """A revision that makes its own context plans like any other."""
    project.revision(
        "r1",
        """
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        own = Operations(MigrationContext.configure(
            dialect_name="postgresql", opts={"as_sql": True}))
        own.drop_column("users", "old")
        own.create_index_concurrently("ix", "users", ["id"])
        """,
    )

    stock, directive = calls_of(planned(project, "base:head"))

    assert stock == "op.drop_column()"
    assert directive.startswith("op.create_index_concurrently(")


def test_many_rows_are_cut_in_the_text_only(project):
    """A long bulk insert does not bury the plan; JSON has all of it."""
    project.revision(
        "r1",
        'op.bulk_insert(sa.table("t", sa.column("n", sa.Integer())),'
        ' [{"n": n} for n in range(100)])',
    )

    (step,) = steps_of(planned(project, "base:head"))
    text = text_of(project, "base:head")

    assert len(step["statements"]) == 100
    assert sum("INSERT INTO t" in line for line in text) == 8
    assert "         ... and 92 more statements" in text


def test_several_directives_in_one_revision_keep_their_order(project):
    """Steps are numbered through the revision, in the order in which they run."""
    project.revision(
        "r1",
        """
        op.create_index_concurrently("ix1", "users", ["id"])
        op.add_column("users", sa.Column("age", sa.Integer()))
        op.create_index_concurrently("ix2", "users", ["age"])
        """,
    )

    numbered = [
        line.strip()
        for line in text_of(project, "base:head")
        if line.strip()[:1].isdigit() and ". " in line
    ]

    assert numbered[:5] == [
        '1. drop the INVALID index "ix1" of an interrupted build',
        '2. build index "ix1"',
        "3. run as Alembic writes it",
        '4. drop the INVALID index "ix2" of an interrupted build',
        '5. build index "ix2"',
    ]


def test_planning_leaves_alembic_as_it_was(project):
    """After a plan, also a failed one, the same process upgrades as before."""
    project.revision("r1", 'op.execute("CREATE TABLE made ()")')
    project.revision("r2", "raise ValueError('no')")
    with pytest.raises(Exception, match='cannot plan revision "r2"'):
        planned(project, "base:head")

    project.upgrade("r1")

    assert project.db.exists("made")
    assert "CREATE TABLE made ()" in project.sql("base:r1")
