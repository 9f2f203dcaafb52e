"""A revision says its phase, or its calls do."""

from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat.revision_functions import does_nothing
from alembic_zdt.errors import UsageError
from alembic_zdt.phases import Phase, phase_of

CALLS = {
    "nothing": ("pass", Phase.EXPAND),
    "stock": ('op.add_column("t", sa.Column("a", sa.Integer()))', Phase.EXPAND),
    "index": ('op.create_index_concurrently("ix", "t", ["a"])', Phase.EXPAND),
    "expand": ('op.expand_rename_column("t", "a", "b")', Phase.EXPAND),
    "migrate": ('op.migrate_rename_column("t", "a", "b")', Phase.MIGRATE),
    "backfill": ('op.backfill("t", {"a": "1"})', Phase.MIGRATE),
    "queued": ('op.backfill("t", {"a": "1"}, mode="background")', Phase.EXPAND),
    "inline": ('op.backfill("t", {"a": "1"}, mode="inline")', Phase.MIGRATE),
    "removal": ('op.remove_enum_value("t", "a", "b")', Phase.CONTRACT),
    "contract": ('op.contract_rename_column("t", "a", "b")', Phase.CONTRACT),
    "nested": (
        'if True:\n    op.migrate_rename_column("t", "a", "b")',
        Phase.MIGRATE,
    ),
    "the latest counts": (
        'op.contract_rename_column("t", "a", "b")\nop.backfill("t", {"a": "1"})',
        Phase.CONTRACT,
    ),
}


def _phase(project, revision="r1"):
    return phase_of(
        ScriptDirectory.from_config(project.config()).get_revision(revision)
    )


@pytest.mark.parametrize(("calls", "phase"), CALLS.values(), ids=CALLS)
def test_the_calls_say_it(project, calls, phase):
    project.revision("r1", calls, 'op.contract_rename_column("t", "b", "a")')

    assert _phase(project) is phase


@pytest.mark.parametrize("phase", Phase)
def test_what_the_revision_says_itself_counts(project, phase):
    project.revision("r1", CALLS["migrate"][0], variables={"zdt_phase": phase.value})

    assert _phase(project) is phase


def test_functions_of_its_own_count(project):
    """As in the template for several databases, and with names that are imported."""
    path = project.revision("r1", 'globals()["upgrade_engine"]()')
    more = (
        "\nfrom alembic_zdt.op import contract_rename_column\n"
        "\ndef upgrade_engine():\n    contract_rename_column('t', 'a', 'b')\n"
        "\ndef downgrade_engine():\n    op.backfill('t', {'a': '1'})\n"
    )
    path.write_text(path.read_text() + more)

    assert _phase(project) is Phase.CONTRACT


REMOVING = {
    "column": 'op.drop_column("t", "a")',
    "table": 'op.drop_table("t")',
    "name of a table": 'op.rename_table("t", "u")',
    "name of a column": 'op.alter_column("t", "a", new_column_name="b")',
    "column, in a batch": (
        'with op.batch_alter_table("t") as batch:\n    batch.drop_column("a")'
    ),
    "name, in a batch": (
        'with op.batch_alter_table("t") as b:\n'
        '    b.alter_column("a", new_column_name="b")'
    ),
    "assured": 'with op.safety_assured("unused"):\n    op.drop_column("t", "a")',
    "column, as text": 'op.execute("ALTER TABLE t DROP COLUMN a")',
    "column, in short": "op.execute('ALTER TABLE ONLY s.t DROP a')",
    "second action": (
        'op.execute("ALTER TABLE t ADD COLUMN b int, DROP COLUMN IF EXISTS a")'
    ),
    "name, as text": 'op.get_bind().execute(sa.text("alter table t rename a to b"))',
    "table, as text": 'op.execute("DROP TABLE IF EXISTS t, u")',
    "schema of a table": 'op.execute("ALTER TABLE t SET SCHEMA s")',
    "view": 'op.execute("ALTER VIEW v RENAME TO w")',
    "schema": 'op.execute("ALTER SCHEMA s RENAME TO r")',
    "schema with its tables": 'op.execute("DROP SCHEMA s CASCADE")',
    "type": 'op.execute("ALTER TYPE mood RENAME TO feeling")',
    "enum value": "op.execute(\"ALTER TYPE mood RENAME VALUE 'a' TO 'b'\")",
    "name, on two lines": ('op.execute("ALTER TABLE t RENAME"\n    " TO u")'),
    "column, on two lines": ('op.execute("ALTER TABLE t DROP"\n    " COLUMN a")'),
    "schema, on two lines": ('op.execute("ALTER TABLE t SET"\n    " SCHEMA s")'),
    "argument by its name": 'op.execute(sqltext="DROP TABLE t")',
    "statement by its name": (
        'op.get_bind().execute(statement=sa.text("DROP TABLE t"))'
    ),
    "text in a variable": 'sql = "ALTER TABLE t DROP COLUMN a"\nop.execute(sql)',
    "clause in a variable": 'sql = sa.text("DROP TABLE t")\nop.execute(sql)',
    "another table is new": 'op.create_table("u")\nop.drop_table("t")',
}
KEEPING = {
    "new table": 'op.create_table("t")\nop.drop_table("t")',
    "new table, as text": 'op.execute("CREATE TABLE t ()")\nop.drop_table("t")',
    "new table by another name": (
        'op.create_table("t")\nop.rename_table("t", "u")\nop.drop_table("u")'
    ),
    "new column": (
        'op.add_column("t", sa.Column("a", sa.Integer()))\nop.drop_column("t", "a")'
    ),
    "default": 'op.execute("ALTER TABLE t ALTER COLUMN a DROP DEFAULT")',
    "constraint": 'op.execute("ALTER TABLE t DROP CONSTRAINT k")',
    "name of a constraint": 'op.execute("ALTER TABLE t RENAME CONSTRAINT k TO l")',
    "name of an index": 'op.execute("ALTER INDEX i RENAME TO j")',
    "index": 'op.drop_index("ix", "t")',
    "comment": 'op.execute("SELECT 1 -- DROP TABLE t")',
    "text of a value": "op.execute(\"UPDATE t SET a = 'DROP TABLE t'\")",
    "new table, which PostgreSQL calls by the first 63 bytes": (
        f'op.create_table("{"t" * 70}")\nop.execute("DROP TABLE {"t" * 63}")'
    ),
    "name of a constraint that SQLAlchemy shortens": (
        f'op.drop_constraint(op.f("{"k" * 70}"), "t")'
    ),
    "a method of something else": 'other.drop_column("t", "a")',
    "new table, by a variable": (
        'name = "t"\nop.create_table(name)\nop.drop_table("t")'
    ),
}


@pytest.mark.parametrize("calls", REMOVING.values(), ids=REMOVING)
def test_a_stock_rename_or_drop_is_a_contract(project, calls):
    """Code that runs fails afterwards, however few the rows."""
    project.revision("r1", calls)

    assert _phase(project) is Phase.CONTRACT


@pytest.mark.parametrize("calls", KEEPING.values(), ids=KEEPING)
def test_what_breaks_no_code_is_no_contract(project, calls):
    project.revision("r1", calls, 'op.drop_table("t")')

    assert _phase(project) is Phase.EXPAND


def test_a_clause_of_the_module_is_read(project):
    path = project.revision("r1", "op.execute(DROP)")
    path.write_text(path.read_text() + '\n\nDROP = sa.text("DROP TABLE t")\n')

    assert _phase(project) is Phase.CONTRACT


def test_a_drop_that_declares_its_phase_has_that(project):
    variables = {"zdt_phase": "expand"}
    project.revision("r1", REMOVING["column"], variables=variables)

    assert _phase(project) is Phase.EXPAND


NOT_OURS = {
    "a name that begins like one": "contract_columns()",
    "on op, a name that begins like one": 'op.contract_customers("t")',
    "its own function of that name": 'contract_rename_column("t", "a", "b")',
    "of a module of the project": 'helpers.contract_rename_column("t", "a", "b")',
    "a method of something else": 'op.get_bind().backfill("t")',
    "a call of what is no name": 'helpers["remove_enum_value"]()',
}
OURS = {
    "another name of the module": "from alembic_zdt import op as zdt; zdt.{call}",
    "Alembic's module": "from alembic import op as stock; stock.{call}",
    "the whole name": "import alembic_zdt.op; alembic_zdt.op.{call}",
    "another whole name": "import alembic.op as there; there.{call}",
    "everything": "from alembic_zdt.op import *; {call}",
    "the directive alone": "from alembic_zdt.op import contract_drop_table; {call}",
    "by another name": (
        'from alembic_zdt.op import contract_drop_table as end; end("t")'
    ),
}


@pytest.mark.parametrize("call", NOT_OURS.values(), ids=NOT_OURS)
def test_a_function_of_the_project_is_no_directive(project, call):
    """Whatever it is called: only a directive of this package has a phase."""
    project.revision("r1", call)

    assert _phase(project) is Phase.EXPAND


@pytest.mark.parametrize("form", OURS.values(), ids=OURS)
def test_a_directive_is_known_however_it_was_imported(project, form):
    imported, call = form.format(call='contract_drop_table("t")').split("; ")
    path = project.revision("r1", call)
    path.write_text(f"{path.read_text()}\n{imported}\n")

    assert _phase(project) is Phase.CONTRACT


def test_a_revision_without_a_file_has_only_its_word(project):
    """From an archive, for example."""
    path = project.revision("r1", CALLS["migrate"][0])
    script = ScriptDirectory.from_config(project.config()).get_revision("r1")
    path.unlink()

    assert phase_of(script) is Phase.EXPAND


def test_another_word_is_refused(project):
    project.revision("r1", variables={"zdt_phase": "cleanup"})

    with pytest.raises(UsageError, match='zdt_phase of revision "r1" is "cleanup"'):
        _phase(project)


def test_the_phases_have_an_order():
    assert sorted(Phase, reverse=True) == [Phase.CONTRACT, Phase.MIGRATE, Phase.EXPAND]
    assert not Phase.EXPAND < Phase.EXPAND


def test_function_that_calls_what_encloses_it_does_something():
    """The guard leaves out a revision whose functions cannot call anything."""

    def made_with(run):
        def upgrade():
            run()

        return upgrade

    def idle():
        """Nothing is called."""

    assert not does_nothing(made_with(print))
    assert does_nothing(idle)
    assert not does_nothing(None)
