"""Names in suggested calls: those of the naming convention, or PostgreSQL's."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint

CONVENTION = """
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""
BY_CONVENTION = {
    'op.create_index(None, "t", ["a", "b"])': ["op.f('ix_t_a_b')"],
    'op.create_index(None, "t", ["a", "b"], postgresql_concurrently=True)': [
        "op.f('ix_t_a_b')"
    ],
    'op.create_unique_constraint(None, "t", ["a", "b"])': ["op.f('uq_t_a')"],
    'op.create_foreign_key(None, "t", "u", ["a"], ["id"])': ["op.f('fk_t_a_u')"],
    'op.create_primary_key(None, "t", ["a"])': ["op.f('pk_t')"],
    'op.create_check_constraint("small", "t", "a < 7")': ["('small', 't'"],
    'op.create_check_constraint(op.f("ck_t_small"), "t", "a < 7")': [
        "op.f('ck_t_small')"
    ],
    'op.add_column("t", sa.Column("n", sa.Integer(), sa.ForeignKey("u.id"),'
    ' sa.CheckConstraint("n > 0", name="some"), unique=True))': [
        "op.f('fk_t_n_u')",
        "op.f('ck_t_some')",
        "op.f('uq_t_n')",
    ],
    'op.add_column("t", sa.Column("n", sa.Integer(), index=True))': ["op.f('ix_t_n')"],
    'op.execute("ALTER TABLE t ADD id serial PRIMARY KEY")': [
        "sa.Column('id', sa.Integer(), sa.Identity(), nullable=False)",
        "op.f('t_pkey')",
    ],
    'op.execute("ALTER TABLE t ADD CONSTRAINT ck_t_small CHECK (a < 7)")': [
        "op.f('ck_t_small')"
    ],
    'op.execute("ALTER TABLE t ADD UNIQUE (a)")': ["op.f('t_a_key')"],
    'op.execute("ALTER TABLE t ADD c int REFERENCES u (id) CHECK (c > 0) UNIQUE")': [
        "op.f('t_c_fkey')",
        "op.f('t_c_check')",
        "op.f('t_c_key')",
    ],
    'op.execute("CREATE INDEX ON t (a)")': ["op.f('t_a_idx')"],
}
BY_POSTGRESQL = {
    'op.create_index(None, "t", ["a", "b"])': ["'ix_t_a'"],
    'op.create_unique_constraint(None, "t", ["a", "b"])': ["'t_a_b_key'"],
    'op.create_foreign_key(None, "t", "u", ["a"], ["id"])': ["'t_a_fkey'"],
    'op.create_check_constraint(None, "t", "a < 7")': ["'t_a_check'"],
    'op.create_check_constraint(None, "t", sa.column("a") < sa.column("b"))': [
        "'t_check'"
    ],
    'op.execute("ALTER TABLE t ADD id bigserial PRIMARY KEY")': [
        "sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False)",
        "'t_pkey'",
    ],
    'op.execute("ALTER TABLE t ADD id bigserial CONSTRAINT k PRIMARY KEY")': [
        "sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False)",
        "op.create_primary_key_concurrently('k', 't', ['id'])",
    ],
    'op.execute("ALTER TABLE t ADD id uuid PRIMARY KEY DEFAULT gen_random_uuid()")': [
        "nullable=False, server_default=sa.text('gen_random_uuid()')",
        "'t_pkey'",
    ],
}


@pytest.mark.parametrize("call", BY_CONVENTION)
def test_name_by_convention(project, call):
    project.models(CONVENTION)

    assert_said(project, call, BY_CONVENTION[call])


@pytest.mark.parametrize("call", BY_POSTGRESQL)
def test_name_without_a_convention(project, call):
    said = assert_said(project, call, BY_POSTGRESQL[call])

    assert "op.f(" not in said
    assert "None" not in said


def assert_said(project, call, parts):
    """Lint a call, and return the suggestion for it after looking for its parts."""
    project.revision("r1", call)
    (found, *_) = lint(project.config()).findings
    for part in parts:
        assert part in found.suggestion
    return found.suggestion


def test_calls_follow_the_one_for_their_column(project):
    """Also where that one belongs to a later phase than they do."""
    column = (
        'sa.Column("c", sa.Uuid(), unique=True,'
        ' server_default=sa.text("gen_random_uuid()"))'
    )
    project.revision("r1", f'op.add_column("t", {column})')

    (found, *_) = lint(project.config()).findings

    first, second = found.suggestion.splitlines()
    assert first.startswith("op.expand_add_column(")
    assert second.startswith("op.create_unique_constraint_concurrently(")


PACKAGE_TYPE = """
import sys, types
module = types.ModuleType("shop_types")
exec("import sqlalchemy\\nclass Code(sqlalchemy.types.TypeDecorator):\\n"
     "    impl = sqlalchemy.String\\n    cache_ok = True", module.__dict__)
sys.modules["shop_types"] = module
metadata = sa.MetaData()
"""
TYPES = {
    "shop_types.Code()": "import shop_types",
    "Code()": "class Code(sa.types.TypeDecorator):\n    impl = sa.String",
    "postgresql.JSONB(astext_type=sa.Text())": "",
    "sa.ARRAY(sa.Text())": "",
    "postgresql.ARRAY(sa.Enum('a', name='e'))": "",
    "sa.Text": "",
}


@pytest.mark.parametrize("written", TYPES)
def test_types_are_written_as_a_revision_can_read_them(project, written):
    project.models(PACKAGE_TYPE)
    call = f'op.alter_column("t", "a", type_={written}, existing_type=sa.Integer())'
    project.revision("r1", f"{TYPES[written]}\n{call}")

    (found, *_) = lint(project.config()).findings

    kind, now = f"'a', {written}", "existing_type=sa.Integer()"
    assert found.suggestion.splitlines() == [
        f"op.{phase}_alter_column_type('t', {kind}, {now})  # {phase}"
        for phase in ("expand", "migrate", "contract")
    ]


def test_conversion_without_a_way_back_is_no_ready_call(project):
    project.revision(
        "r1",
        'op.alter_column("t", "a", type_=sa.ARRAY(sa.Text()),'
        ' postgresql_using="ARRAY[a]")',
    )

    (found,) = lint(project.config()).findings

    assert found.suggestion.startswith("# No ready call:")
    assert "reverse_using=" in found.suggestion
