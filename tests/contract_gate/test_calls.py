"""What the gate of a contract reads from calls, and which calls belong together."""

from __future__ import annotations

import ast

import pytest

from alembic_zdt.contract_gate.calls import touched
from alembic_zdt.contract_gate.expands import begins
from alembic_zdt.names import QualifiedName

CONSTANTS = {"TABLE": "t", "SCHEMA": "s", "NUMBER": 1}


def read(source):
    call = ast.parse(f"op.{source}", mode="eval").body
    return touched(call.func.attr, call, CONSTANTS)


@pytest.mark.parametrize(
    ("source", "tables", "columns"),
    [
        ("drop_column('t', 'c')", "t", "c"),
        ("drop_column(TABLE, column_name='c')", "t", "c"),
        ("drop_column(table_name='t', column_name='c')", "t", "c"),
        ("drop_column('t', 'c', schema=SCHEMA)", "s.t", "c"),
        ("drop_column('t', 'c', schema=None)", "t", "c"),
        ("rename_table('t', 'u')", "t u", ""),
        ("expand_rename_table('t', new_table_name='u')", "t u", ""),
        ("contract_rename_table('t', 'u')", "t u", ""),
        ("expand_rename_column('t', 'a', 'b')", "t", "a b"),
        ("alter_column('t', 'a', new_column_name='b')", "t", "a b"),
        ("add_column('t', sa.Column('a', sa.Integer()))", "t", "a"),
        ("add_column('t', column=sa.Column(name='a'))", "t", "a"),
        ("backfill('t', {'a': '1', 'b': '2'})", "t", "a b"),
        ("create_index_concurrently('ix', 't', ['a'])", "t", ""),
        (
            "create_foreign_key('k', 't', 'u', ['a'], ['b'], source_schema='s')",
            "s.t",
            "",
        ),
        ("add_enum_value('e', 'v')", "", ""),
    ],
)
def test_tables_and_columns(source, tables, columns):
    found = read(source)

    assert " ".join(table.label for table in found.tables) == tables
    assert " ".join(sorted(found.columns)) == columns
    assert found.is_known


@pytest.mark.parametrize(
    "source",
    [
        "drop_column(name(), 'c')",
        "drop_column(NUMBER, 'c')",
        "drop_column('t', 'c', schema=name())",
        "execute('DROP TABLE t')",
    ],
)
def test_a_table_that_cannot_be_read(source):
    found = read(source)

    assert not found.tables
    assert not found.is_known


@pytest.mark.parametrize(
    ("source", "has_default"),
    [
        ("add_column('t', sa.Column('a', sa.Integer()))", False),
        ("add_column('t', sa.Column('a', server_default='1'))", True),
        ("add_column('t', column=sa.Column('a', server_default='1'))", True),
        ("add_column('t', sa.Column('a', server_default=None))", False),
        ("add_column('t', sa.Column('a', nullable=True))", False),
        ("add_column('t', sa.Column('a', sa.Identity()))", True),
        ("add_column('t', sa.Column('a', sa.Computed('b')))", True),
        ("add_column('t', sa.Column('a', sa.ForeignKey('u.id')))", False),
    ],
)
def test_a_column_that_may_be_left_out(source, has_default):
    assert read(source).has_default is has_default


@pytest.mark.parametrize(
    ("source", "tightens", "drops_default"),
    [
        ("alter_column('t', 'a', nullable=False)", True, False),
        ("alter_column('t', 'a', nullable=True)", False, False),
        ("alter_column('t', 'a', server_default=None)", True, True),
        ("alter_column('t', 'a', server_default='1')", False, False),
        ("add_not_null_two_phase('t', 'a')", True, False),
        ("drop_column('t', 'a', nullable=False, server_default=None)", False, False),
    ],
)
def test_what_a_column_must_no_longer_be_left_out_of(source, tightens, drops_default):
    found = read(source)

    assert found.tightens is tightens
    assert found.drops_default is drops_default


RENAME = "rename_column('t', 'a', 'b')"
REMOVE = "remove_enum_value('t', 'a', 'v')"
NOT_NULL = "alter_column('t', 'a', nullable=False)"


@pytest.mark.parametrize(
    ("call", "end", "is_one"),
    [
        (f"expand_{RENAME}", f"contract_{RENAME}", True),
        (f"migrate_{RENAME}", f"contract_{RENAME}", True),
        (f"expand_{RENAME}", f"migrate_{RENAME}", False),
        ("expand_alter_column_type('t', 'a', T)", f"contract_{RENAME}", False),
        ("expand_rename_column('t', 'c', 'd')", f"contract_{RENAME}", False),
        ("expand_rename_column('u', 'a', 'b')", f"contract_{RENAME}", False),
        ("expand_drop_table('t')", "contract_drop_table('t')", True),
        ("expand_drop_table('t', schema='s')", "contract_drop_table('t')", True),
        (
            "expand_drop_table('t', schema='s')",
            "contract_drop_table('t', schema='r')",
            False,
        ),
        ("backfill('t', {'a': '1'})", REMOVE, True),
        ("backfill('t', {'c': '1'})", REMOVE, False),
        (f"expand_{RENAME}", REMOVE, False),
        ("add_column('t', sa.Column('a'))", NOT_NULL, True),
        ("expand_add_column('t', sa.Column('a'))", NOT_NULL, True),
        ("backfill('t', {'a': '1'})", NOT_NULL, True),
        ("add_column('t', sa.Column('b'))", NOT_NULL, False),
        ("drop_column('t', 'a')", NOT_NULL, False),
        ("backfill('t', {'a': '1'})", "drop_column('t', 'a')", False),
    ],
)
def test_calls_of_one_workflow(call, end, is_one):
    assert begins(read(call), read(end)) is is_one


def test_a_contract_takes_away_what_code_uses():
    assert [
        read(source).takes_away
        for source in (
            f"contract_{RENAME}",
            "drop_column('t', 'a')",
            "drop_table('t')",
            f"expand_{RENAME}",
        )
    ] == [True, True, True, False]
    assert read(f"contract_{RENAME}").tables == (QualifiedName("t"),)
