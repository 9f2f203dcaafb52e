"""A statement whose effect another one of the transaction has is not found, too."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint

MADE = 'op.create_table("t", sa.Column("a", sa.Text()), sa.Column("b", sa.Text()))'
KEYED = (
    'op.create_table("t", sa.Column("a", sa.Integer(), sa.ForeignKey("u.id",'
    ' name="keeps_a")), sa.Column("b", sa.Integer()))'
)
INDEX = 'op.create_index("quick", "t", ["a"])'
ONE = {
    "index of a table": (
        'op.drop_index("ix", table_name="t")\nop.drop_table("t")',
        ["drop-table"],
    ),
    "index of a table, as SQL": (
        'op.execute("DROP INDEX ix_t_code; DROP TABLE t")',
        ["drop-table"],
    ),
    "index of a column": (
        'op.drop_index("ix_t_a", table_name="t")\nop.drop_column("t", "a")',
        ["drop-column"],
    ),
    "index of another column": (
        'op.drop_index("ix_t_b", table_name="t")\nop.drop_column("t", "a")',
        ["drop-index", "drop-column"],
    ),
    "index of a column in another transaction": (
        (
            'op.drop_index("ix_t_a", table_name="t")\n'
            "with op.get_context().autocommit_block():\n"
            '    op.drop_column("t", "a")'
        ),
        ["drop-index", "autocommit-block-mixed", "drop-column"],
    ),
    "index after its column": (
        'op.drop_column("t", "a")\nop.drop_index("ix_t_a", table_name="t")',
        ["drop-column", "drop-index"],
    ),
    "column of a table": (
        'op.drop_column("t", "a")\nop.drop_table("t")',
        ["drop-table"],
    ),
    "foreign key of a table": (
        'op.drop_constraint("t_a_fkey", "t", type_="foreignkey")\nop.drop_table("t")',
        ["drop-table"],
    ),
    "foreign key of a column": (
        (
            'op.drop_constraint("t_a_fkey", "t", type_="foreignkey")\n'
            'op.drop_column("t", "a")'
        ),
        ["drop-column"],
    ),
    "trigger of a table": (
        'op.execute("DROP TRIGGER g ON t; DROP TABLE t")',
        ["drop-table"],
    ),
    "policy of a table": (
        'op.execute("DROP POLICY p ON t; DROP TABLE t")',
        ["drop-table"],
    ),
    "rows of a table": ('op.execute("TRUNCATE t; DROP TABLE t")', ["drop-table"]),
    "NOT NULL of a column": (
        'op.alter_column("t", "a", nullable=True)\nop.drop_column("t", "a")',
        ["drop-column"],
    ),
    "default of a column": (
        'op.alter_column("t", "a", server_default=None)\nop.drop_column("t", "a")',
        ["drop-column"],
    ),
    "default that is set again": (
        (
            'op.execute("ALTER TABLE t ALTER a DROP DEFAULT")\n'
            "op.execute(\"ALTER TABLE t ALTER a SET DEFAULT 'x'\")"
        ),
        [],
    ),
    "default of another column that is set": (
        (
            'op.execute("ALTER TABLE t ALTER a DROP DEFAULT")\n'
            "op.execute(\"ALTER TABLE t ALTER b SET DEFAULT 'x'\")"
        ),
        ["drop-default"],
    ),
    "default that is not there": (
        'op.alter_column("t", "a", server_default=None, existing_server_default=None)',
        [],
    ),
    "NOT NULL that is set again": (
        (
            'op.alter_column("t", "a", nullable=True)\n'
            'op.alter_column("t", "a", nullable=False, existing_nullable=True)'
        ),
        ["set-not-null"],
    ),
    "NOT NULL that is there": (
        'op.alter_column("t", "a", nullable=False, existing_nullable=False)',
        [],
    ),
    "NULL that is allowed": (
        'op.alter_column("t", "a", nullable=True, existing_nullable=True)',
        [],
    ),
    "new column that is renamed": (
        (
            'op.add_column("t", sa.Column("a2", sa.Text()))\n'
            'op.drop_column("t", "a")\n'
            'op.alter_column("t", "a2", new_column_name="a")'
        ),
        ["drop-column"],
    ),
    "new column that is dropped": (
        'op.add_column("t", sa.Column("a2", sa.Text()))\nop.drop_column("t", "a2")',
        [],
    ),
    "type that is swapped": (
        (
            'op.execute("ALTER TYPE mood RENAME TO old_mood")\n'
            "op.execute(\"CREATE TYPE mood AS ENUM ('sad', 'calm')\")\n"
            'op.execute("ALTER TABLE t ALTER a TYPE mood USING a::text::mood")\n'
            'op.execute("DROP TYPE old_mood")'
        ),
        ["alter-column-type"],
    ),
    "type that is swapped by two renames": (
        (
            "op.execute(\"CREATE TYPE mood2 AS ENUM ('sad', 'calm')\")\n"
            'op.execute("ALTER TYPE mood RENAME TO old_mood")\n'
            'op.execute("ALTER TYPE mood2 RENAME TO mood")'
        ),
        [],
    ),
    "CHECK that is not enforced": (
        'op.execute("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED")',
        [],
    ),
    "CHECK of a new column that is not enforced": (
        'op.execute("ALTER TABLE t ADD n int CHECK (n > 0) NOT ENFORCED")',
        [],
    ),
    "schema that is an empty text": (
        (
            'op.create_table("n", sa.Column("a", sa.Text(), nullable=False))\n'
            'op.create_primary_key("pk", "n", ["a"], schema="")'
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", ONE)
def test_one_finding_for_one_effect(found, case):
    body, checks = ONE[case]

    assert found(body) == checks


def test_column_under_an_old_name_is_not_said_to_go(project):
    body, _ = ONE["new column that is renamed"]
    project.revision("r1", body)

    (found,) = lint(project.config()).findings

    assert found.message == "another column replaces a of t at once"
    assert found.suggestion == ""


OF_EARLIER_REVISIONS = {
    "index that has the column": (
        [MADE, INDEX, 'op.drop_index("quick", "t")\nop.drop_column("t", "a")'],
        ["create-index", "drop-column"],
    ),
    "index that has another column": (
        [MADE, INDEX, 'op.drop_index("quick", "t")\nop.drop_column("t", "b")'],
        ["create-index", "drop-index", "drop-column"],
    ),
    "index whose table SQL does not name": (
        [MADE, INDEX, 'op.execute("DROP INDEX quick; DROP TABLE t")'],
        ["create-index", "drop-table"],
    ),
    "foreign key that has the column": (
        [KEYED, 'op.drop_constraint("keeps_a", "t")\nop.drop_column("t", "a")'],
        ["drop-column"],
    ),
    "foreign key that has another column": (
        [KEYED, 'op.drop_constraint("keeps_a", "t")\nop.drop_column("t", "b")'],
        ["drop-foreign-key", "drop-column"],
    ),
    "NOT NULL that an earlier one has set": (
        [
            'op.create_table("t", sa.Column("a", sa.Text(), nullable=False))',
            'op.alter_column("t", "a", nullable=False)',
        ],
        [],
    ),
    "NULL that an earlier one has allowed": (
        [MADE, 'op.alter_column("t", "a", nullable=True)'],
        [],
    ),
}


@pytest.mark.parametrize("case", OF_EARLIER_REVISIONS)
def test_earlier_revisions_tell_what_goes_anyway(found, case):
    bodies, checks = OF_EARLIER_REVISIONS[case]

    assert found(*bodies) == checks


MAY_BE_LEFT = [
    'op.execute("ALTER TABLE t VALIDATE CONSTRAINT c")',
    'op.validate_constraint("c", "t")',
    "op.execute(\"UPDATE t SET a = 'x' WHERE a IS NULL\")",
    'op.execute("DELETE FROM t")',
    "op.execute(\"INSERT INTO t VALUES ('x')\")",
    'op.bulk_insert(sa.table("t", sa.column("a")), [{"a": "x"}])',
    "op.execute(\"ALTER TYPE mood ADD VALUE 'calm'\")",
    'op.add_enum_value("mood", "calm")',
    "op.execute(\"SET lock_timeout = '1s'\")\nop.execute(\"UPDATE t SET a = 'x'\")",
]
CANNOT_BE_LEFT = [
    'op.execute("CREATE VIEW v AS SELECT 1")',
    'op.execute("UPDATE t SET a = 1; ALTER TABLE t ADD b int")',
    'op.add_enum_value("mood", "calm")\nop.add_column("t", sa.Column("a", sa.Text()))',
    "op.execute(\"DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 't ADD b int'; END $$\")",
]


@pytest.mark.parametrize("body", MAY_BE_LEFT)
def test_empty_downgrade_of_what_may_be_left(project, found, body):
    project.revision("r0", body, "pass")

    assert "empty-downgrade" not in found()


@pytest.mark.parametrize("body", CANNOT_BE_LEFT)
def test_empty_downgrade_of_what_cannot_be_left(project, found, body):
    project.revision("r0", body, "pass")

    assert "empty-downgrade" in found()
