"""Revisions get true answers about what the revisions before them have made."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.lint import lint

MAKE = """\
op.create_table(
    "users",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("mail", sa.String(20), unique=True),
    sa.Column("team", sa.Integer, sa.ForeignKey("teams.id")),
    sa.Column("kind", sa.Enum("a", "b", name="kind")),
    sa.CheckConstraint("id > 0", name="ck_users_id"),
)
op.create_index("ix_users_team", "users", ["team"])
op.create_table(
    "places",
    sa.Column("id", sa.Integer),
    sa.Column("is_open", sa.Boolean, server_default=sa.true()),
    sa.Column("name", sa.Text, server_default="it's"),
    sa.Index("ix_places", "id"),
)
op.alter_column("places", "id", server_default=sa.func.random())
op.create_index("ix_l", "places", [sa.text("lower(name)"), sa.desc("id")])
op.execute("CREATE TABLE orders (id int PRIMARY KEY, note text)")
op.execute("CREATE TABLE seats (row int, number int, UNIQUE (row, number))")
op.create_table("log", sa.Column("id", sa.Integer), schema="audit")
"""
QUERY = "bind.execute(sa.text({!r})).fetchall()"
MAIL = {"c": "mail"}
ATTRIBUTE = "SELECT 1 FROM pg_attribute WHERE"
TYPE = (
    "SELECT 1 FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
    " WHERE n.nspname = 'public' AND t.typname = 'kind'"
)
COLUMN = "SELECT 1 FROM information_schema.columns WHERE table_name = 'users'"
DEFAULTS = """\
[c["default"] for c in inspector.get_columns("places")]
    == ["random()", "true", "'it''s'"]"""
TRUE = [
    "inspector.has_table('users') and inspector.has_table('orders')",
    "not inspector.has_table('bills')",
    "'teams' in inspector.get_table_names()",
    "[c['name'] for c in inspector.get_columns('orders')] == ['id', 'note']",
    "isinstance(inspector.get_columns('users')[1]['type'], sa.String)",
    "inspector.get_columns('users')[0]['nullable'] is False",
    "inspector.get_indexes('users')[0]['name'] == 'ix_users_team'",
    "inspector.get_indexes('places')[0]['column_names'] == ['id']",
    DEFAULTS,
    "inspector.get_indexes('places')[1]['column_names'] == [None, 'id']",
    "inspector.get_indexes('places')[1]['expressions'] == ['lower(name)', 'id']",
    "sa.Table('places', sa.MetaData(), autoload_with=bind).c.is_open.server_default",
    "inspector.get_foreign_keys('users')[0]['referred_table'] == 'teams'",
    "inspector.get_unique_constraints('users')[0]['column_names'] == ['mail']",
    "inspector.get_unique_constraints('seats')[0]['column_names'][0] == 'row'",
    "inspector.get_check_constraints('users')[0]['name'] == 'ck_users_id'",
    "inspector.get_pk_constraint('users')['constrained_columns'] == ['id']",
    "inspector.get_enums()[0]['labels'] == ['a', 'b']",
    "'mail' in sa.Table('users', sa.MetaData(), autoload_with=bind).c",
    QUERY.format(f"{COLUMN} AND column_name = 'mail'"),
    f"not {QUERY.format(COLUMN + ' AND column_name = ' + repr('age'))}",
    f"bind.execute(sa.text({COLUMN + ' AND column_name = :c'!r}), {MAIL}).all()",
    QUERY.format("SELECT relname FROM pg_catalog.pg_class WHERE relname = 'users'"),
    QUERY.format("SELECT 1 FROM pg_indexes WHERE indexname = 'ix_users_team'"),
    QUERY.format("SELECT 1 FROM pg_constraint WHERE conname = 'ck_users_id'"),
    QUERY.format(f"{ATTRIBUTE} attrelid = 'users'::regclass AND attname = 'mail'"),
    f"not {QUERY.format(ATTRIBUTE + repr('bills') + '::regclass = attrelid')}",
    QUERY.format(TYPE),
    "bind.scalar(sa.text(\"SELECT to_regclass('public.orders')\")) is not None",
    'bind.scalar(sa.text("SELECT EXISTS (SELECT 1 FROM pg_type)"))',
]
BATCH = """\
with op.batch_alter_table("users") as batch:
    batch.add_column(sa.Column("age", sa.Integer()))
    batch.create_unique_constraint("u", ["age", "id"])"""
CHANGES = [
    ('op.rename_table("users", "people")', "inspector.has_table('people')"),
    ('op.drop_table("users")', "not inspector.has_table('users')"),
    (
        'op.drop_column("users", "team")',
        "inspector.get_indexes('users')[0]['column_names'] == ['mail']",
    ),
    (
        'op.alter_column("users", "mail", new_column_name="email")',
        "inspector.get_unique_constraints('users')[0]['column_names'] == ['email']",
    ),
    (
        'op.contract_rename_column("users", "team", "group")',
        "inspector.get_indexes('users')[0]['column_names'] == ['group']",
    ),
    (
        BATCH,
        "[u['name'] for u in inspector.get_unique_constraints('users')][1:] == ['u']",
    ),
    (
        'op.execute("ALTER TABLE orders DROP COLUMN note")',
        "len(inspector.get_columns('orders')) == 1",
    ),
    (
        'op.drop_index_concurrently("ix_users_team", "users")',
        "len(inspector.get_indexes('users')) == 1",
    ),
    (
        'op.create_index_concurrently("ix", "orders", ["note"])',
        "inspector.get_indexes('orders')[0]['column_names'] == ['note']",
    ),
    (
        'op.expand_add_column("orders", sa.Column("paid", sa.Boolean()))',
        "'paid' in [c['name'] for c in inspector.get_columns('orders')]",
    ),
    (
        'op.drop_constraint("ck_users_id", "users")',
        "inspector.get_check_constraints('users') == []",
    ),
]


def asserted(*questions):
    lines = ["bind = op.get_bind()", "inspector = sa.inspect(bind)"]
    return "\n".join([*lines, *(f"assert ({each}), {each!r}" for each in questions)])


def test_what_was_made_is_known(project):
    project.revision("r1", MAKE)
    project.revision("r2", asserted(*TRUE))

    assert lint(project.config()).unchecked == ()


@pytest.mark.parametrize(("change", "question"), CHANGES)
def test_what_was_changed_is_known(project, change, question):
    project.revision("r1", MAKE)
    project.revision("r2", change)
    project.revision("r3", asserted(question))

    assert lint(project.config()).unchecked == ()


def test_guard_takes_the_branch_that_an_upgrade_takes(project):
    project.revision("r1", MAKE)
    guard = (
        "inspector = sa.inspect(op.get_bind())\n"
        'if "mail" in [c["name"] for c in inspector.get_columns("users")]:\n'
        '    op.drop_column("users", "mail")'
    )
    project.revision("r2", guard)
    project.revision("r3", guard)

    done = lint(project.config())

    assert [(each.revision, each.check) for each in done.findings][-1:] == [
        ("r2", "drop-column")
    ]
    assert [left.revision for left in done.unchecked] == ["r3"]
