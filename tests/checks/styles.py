"""Revisions in the styles that people write, and what is to be found in them.

Of each: the body of ``upgrade()``, the ids of what the checks find, and a part of the
reason where something cannot be looked at.
"""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """One way to write it."""

    body: str
    found: list[str]
    left_out: str = ""


STYLES = {
    "alias": Style("from alembic import op as o\no.drop_table('a')", ["drop-table"]),
    "one directive imported": Style(
        "from alembic.op import drop_table\ndrop_table('a')", ["drop-table"]
    ),
    "getattr": Style("getattr(op, 'drop_' + 'table')('a')", ["drop-table"]),
    "helper": Style(
        "def away(name):\n    op.drop_table(name)\naway('a')", ["drop-table"]
    ),
    "lambda": Style("(lambda t: op.drop_table(t))('a')", ["drop-table"]),
    "loop": Style(
        "for name in ('a', 'b'):\n    op.create_index(f'ix_{name}', 't', [name])",
        ["create-index", "create-index"],
    ),
    "comprehension": Style(
        "[op.drop_column('t', name) for name in ('a', 'b')]",
        ["drop-column", "drop-column"],
    ),
    "dialect postgresql": Style(
        "if op.get_bind().dialect.name == 'postgresql':\n    op.drop_table('a')",
        ["drop-table"],
    ),
    "dialect sqlite": Style(
        "if op.get_context().dialect.name == 'sqlite':\n    op.drop_table('a')", []
    ),
    "offline": Style(
        "if op.get_context().as_sql:\n    op.drop_table('a')\nelse:\n    pass", []
    ),
    "inspector, missing": Style(
        "columns = sa.inspect(op.get_bind()).get_table_names()\n"
        "if 't' in columns:\n    op.drop_table('t')",
        [],
    ),
    "inspector, has_table": Style(
        "if not sa.inspect(op.get_bind()).has_table('t'):\n"
        "    op.create_table('t', sa.Column('id', sa.Integer()))\n"
        "    op.create_index('ix', 't', ['id'])",
        [],
    ),
    "inspector, columns of a table": Style(
        "op.drop_table('a')\nsa.inspect(op.get_bind()).get_columns('t')",
        ["drop-table"],
    ),
    "reflection": Style(
        "sa.Table('t', sa.MetaData(), autoload_with=op.get_bind())",
        [],
        "NoSuchTableError",
    ),
    "row by row": Style(
        "bind = op.get_bind()\n"
        "for row in bind.execute(sa.text('SELECT id, name FROM t')):\n"
        "    bind.execute(sa.text('UPDATE t SET name = :n'), {'n': row.name})",
        [],
    ),
    "a row that must be there": Style(
        "op.get_bind().execute(sa.text('SELECT 1')).fetchone()[0]", [], "TypeError"
    ),
    "count": Style(
        "n = op.get_bind().execute(sa.text('SELECT count(*) FROM t')).scalar()\n"
        "if n > 0:\n    raise RuntimeError",
        [],
    ),
    "exists": Style(
        "q = sa.text('SELECT EXISTS (SELECT 1 FROM t)')\n"
        "if op.get_bind().scalar(q):\n    op.drop_table('t')",
        [],
    ),
    "session": Style(
        "from sqlalchemy.orm import Session\n"
        "session = Session(bind=op.get_bind())\n"
        "session.execute(sa.text('UPDATE t SET a = 1'))\nsession.commit()",
        ["change-rows"],
    ),
    "models of its own": Style(
        "from sqlalchemy.orm import Session, declarative_base\n"
        "Base = declarative_base()\n"
        "class T(Base):\n    __tablename__ = 't'\n"
        "    id = sa.Column(sa.Integer, primary_key=True)\n    a = sa.Column(sa.Text)\n"
        "session = Session(op.get_bind())\n"
        "for t in session.query(T):\n    t.a = 'x'\n"
        "session.add(T(a='y'))\nsession.flush()\n"
        "session.query(T).filter(T.a == 'z').delete()\nsession.commit()",
        ["change-rows"],
    ),
    "core update": Style(
        "t = sa.table('t', sa.column('a'))\n"
        "op.execute(t.update().where(t.c.a == 'x').values(a='y'))",
        ["change-rows"],
    ),
    "core update by the connection": Style(
        "t = sa.table('t', sa.column('a'))\n"
        "op.get_bind().execute(sa.update(t).values(a=sa.func.upper(t.c.a)))",
        ["change-rows"],
    ),
    "insert of rows": Style(
        "t = sa.table('t', sa.column('a'))\n"
        "op.bulk_insert(t, [{'a': 1}, {'a': 2}])\nop.execute(t.insert().values(a=1))",
        [],
    ),
    "enum made first": Style(
        "from sqlalchemy.dialects import postgresql\n"
        "kind = postgresql.ENUM('a', 'b', name='kind')\n"
        "kind.create(op.get_bind(), checkfirst=True)\n"
        "op.add_column('t', sa.Column('k', kind, nullable=True))",
        [],
    ),
    "enum value": Style(
        "with op.get_context().autocommit_block():\n"
        "    op.execute(\"ALTER TYPE kind ADD VALUE IF NOT EXISTS 'c'\")",
        [],
    ),
    "concurrently": Style(
        "with op.get_context().autocommit_block():\n"
        "    op.create_index('ix', 't', ['a'], postgresql_concurrently=True)\n"
        "    op.drop_index('iy', 't', postgresql_concurrently=True)",
        [],
    ),
    "concurrently, block forgotten": Style(
        "op.create_index('ix', 't', ['a'], postgresql_concurrently=True)",
        ["concurrently-in-transaction"],
    ),
    "concurrently, in SQL": Style(
        "op.execute('COMMIT')\nop.execute('CREATE INDEX CONCURRENTLY ix ON t (a)')",
        ["control-transaction", "concurrently-in-transaction"],
    ),
    "batch": Style(
        "with op.batch_alter_table('t', schema=None) as batch_op:\n"
        "    batch_op.add_column(sa.Column('a', sa.Text(), nullable=True))\n"
        "    batch_op.create_index(batch_op.f('ix_t_a'), ['a'], unique=False)\n"
        "    batch_op.drop_constraint('fk', type_='foreignkey')",
        ["create-index"],
    ),
    "several statements": Style(
        "op.execute('''\n  ALTER TABLE t ADD COLUMN a int;\n"
        "  ALTER TABLE t ALTER COLUMN b SET NOT NULL;\n''')",
        ["set-not-null"],
    ),
    "f-string": Style(
        "table = 't'\nop.execute(f'ALTER TABLE {table} DROP COLUMN a')", ["drop-column"]
    ),
    "file of SQL": Style(
        "import pathlib, tempfile\n"
        "p = pathlib.Path(tempfile.mkdtemp()) / 'x.sql'\n"
        "p.write_text('TRUNCATE t')\nop.execute(p.read_text())",
        ["truncate-table"],
    ),
    "DDL of SQLAlchemy": Style(
        "op.execute(sa.DDL('DROP TABLE t'))\n"
        "op.execute(sa.schema.DropTable(sa.Table('u', sa.MetaData())))",
        ["drop-table", "drop-table", "several-tables"],
    ),
    "create_all": Style(
        "m = sa.MetaData()\nsa.Table('t', m, sa.Column('a', sa.Integer, index=True))\n"
        "m.create_all(op.get_bind())",
        ["create-all"],
    ),
    "begin of its own": Style(
        "with op.get_bind().begin_nested():\n    op.drop_table('a')", ["drop-table"]
    ),
    "timeouts": Style(
        "op.execute(\"SET lock_timeout = '2s'\")\nop.drop_table('a')", ["drop-table"]
    ),
    "engine of its own": Style(
        "e = sa.create_engine(op.get_bind().engine.url)\n"
        "op.drop_table('a')\ne.connect()",
        ["drop-table"],
        "it fails without a database",
    ),
    "early return": Style("return\nop.drop_table('a')", []),
    "try": Style(
        "try:\n    op.drop_table('a')\nexcept Exception:\n    pass", ["drop-table"]
    ),
    "schema of a tenant": Style(
        "from alembic import context\n"
        "tenant = context.get_x_argument(as_dictionary=True).get('tenant', 'a')\n"
        "op.drop_column('t', 'a', schema=tenant)",
        ["drop-column"],
    ),
    "config": Style(
        "from alembic import context\n"
        "assert context.config.get_main_option('script_location')\nop.drop_table('a')",
        ["drop-table"],
    ),
    "print": Style("print('hello')\nop.drop_table('a')", ["drop-table"]),
    "function of SQL": Style(
        "op.execute('''CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN DELETE FROM t; RETURN NEW; END $$''')",
        [],
    ),
    "dynamic SQL": Style(
        "op.execute(\"DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'a'); END $$\")",
        [],
        "EXECUTE",
    ),
    "our directives": Style(
        "op.create_index_concurrently('ix', 't', ['a'])\n"
        "op.add_not_null_two_phase('t', 'a')\n"
        "op.expand_rename_column('t', 'a', 'b')\n"
        "op.expand_add_column('u', sa.Column('c', sa.Text()))\n"
        "op.contract_drop_column('u', 'd')",
        [],
    ),
    "cast of the type": Style(
        "op.alter_column('t', 'a', type_=sa.Integer(), postgresql_using='a::integer')",
        ["alter-column-type"],
    ),
    "three at once": Style(
        "op.alter_column('t', 'a', new_column_name='b', nullable=False,"
        " type_=sa.BigInteger(), existing_type=sa.Integer())",
        ["alter-column-type", "rename-column", "set-not-null"],
    ),
    "naming convention": Style(
        "op.create_unique_constraint(op.f('uq_t_a'), 't', ['a'])", ["add-unique"]
    ),
    "name left to the database": Style(
        "op.create_foreign_key(None, 't', 'u', ['a'], ['id'])", ["add-foreign-key"]
    ),
    "key and index in one": Style(
        "op.add_column('t', sa.Column('u_id', sa.Integer(), sa.ForeignKey('u.id'),"
        " index=True, unique=True))",
        ["add-column-foreign-key", "add-column-index", "add-column-unique"],
    ),
}
