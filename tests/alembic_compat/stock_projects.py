"""Forty and more projects that use nothing of this package, as they are found.

Templates, drivers, other databases, branches, hooks of a team, batches, archives.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.stock import Step, Stock

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("users", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(80), nullable=False, unique=True),
    sa.Column("name", sa.Text, index=True, server_default="nobody"))
sa.Table("orders", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("total", sa.Numeric(10, 2)),
    sa.CheckConstraint("total >= 0", name="ck_total"))
"""
CHANGED = """
metadata.tables["users"].append_column(sa.Column("age", sa.Integer))
metadata.tables["orders"].append_column(sa.Column("note", sa.Text, index=True))
"""
NO_METADATA = "target_metadata = None"
METADATA = """import sys; sys.path.insert(0, '.')
import models
target_metadata = models.metadata"""
CONFIGURE = "connection=connection, target_metadata=target_metadata"
URL = "driver://user:pass@localhost/dbname"
REVISION = '''"""{name}"""
from alembic import op, context
import sqlalchemy as sa

revision = {name!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}

{helper}
def upgrade():
    {up}


def downgrade():
    {back}
'''
TABLE = "op.create_table('{0}', sa.Column('id', sa.Integer, primary_key=True))"


def revision(
    name: str,
    up: str = "pass",
    back: str = "pass",
    down: object = None,
    folder: str = "m/versions",
    labels: object = None,
    depends: object = None,
    helper: str = "",
) -> Step:
    """A file of a revision."""
    text = REVISION.format(
        name=name,
        down=down,
        up=up.replace("\n", "\n    "),
        back=back.replace("\n", "\n    "),
        labels=labels,
        depends=depends,
        helper=helper,
    )
    return ("write", f"{folder}/{name}.py", text)


def table(name: str, down: object = None, **more: object) -> Step:
    """A revision that makes a table of its name."""
    made, dropped = TABLE.format(name), f"op.drop_table('{name}')"
    return revision(name, made, dropped, down, **more)  # type: ignore[arg-type]


def a(*words: str) -> Step:
    """A command of Alembic."""
    return ("alembic", *words)


def init(template: str = "generic", url: str = "{url}") -> tuple[Step, ...]:
    """The project as a template of Alembic makes it."""
    return (
        a("init", "-t", template, "m"),
        ("replace", "alembic.ini", URL, url),
    )


def models(text: str = MODELS) -> tuple[Step, ...]:
    """Models, which env.py names."""
    return (
        ("write", "models.py", text),
        ("replace", "m/env.py", NO_METADATA, METADATA),
    )


def configure(options: str) -> Step:
    """Options of ``context.configure()``."""
    return ("replace", "m/env.py", CONFIGURE, f"{CONFIGURE}, {options}")


UP_DOWN = (
    a("upgrade", "head"),
    a("current", "--verbose"),
    a("downgrade", "base"),
    a("upgrade", "head"),
)
AUTOGENERATE = (
    a("revision", "--autogenerate", "-m", "first", "--rev-id", "a1"),
    *UP_DOWN,
    a("check"),
    ("append", "models.py", CHANGED),
    ("python", "import sys; sys.modules.pop('models', None)"),
    a("check"),
    a("revision", "--autogenerate", "-m", "second", "--rev-id", "a2"),
    a("upgrade", "head"),
    a("history", "--verbose"),
)
SQLITE = "sqlite:///here.db"
FLASK_APP = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "{url}"
db = SQLAlchemy(app)
Migrate(app, db)
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(80), unique=True, index=True)
"""
FLASK = (
    ("flask", "db", "init"),
    ("flask", "db", "migrate", "-m", "first", "--rev-id", "a1"),
    ("flask", "db", "upgrade"),
    ("flask", "db", "current"),
    ("flask", "db", "check"),
    ("flask", "db", "history"),
    ("flask", "db", "downgrade"),
)
REWRITER = """
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import ops
writer = Rewriter()
@writer.rewrites(ops.CreateTableOp)
def ordered(context, revision, op):
    op.columns = sorted(op.columns, key=lambda c: str(getattr(c, "name", "")))
    return op
@writer.rewrites(ops.DropTableOp)
def kept(context, revision, op):
    return []
"""
NO_EMPTY = """
def process(context, revision, directives):
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []
        print("nothing to write")
"""
MANY = """
import sqlalchemy as sa
metadata = sa.MetaData()
for n in range({0}):
    sa.Table(f"t{n:03}", metadata, sa.Column("id", sa.Integer, primary_key=True),
             sa.Column("v", sa.Text))
"""
RICH = """
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
metadata = sa.MetaData(naming_convention={
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"})
sa.Table("things", metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("mood", sa.Enum("sad", "happy", name="mood"), nullable=False),
    sa.Column("tags", pg.ARRAY(sa.Text), server_default="{}"),
    sa.Column("doc", pg.JSONB, comment="what it holds"),
    sa.Column("twice", sa.Integer, sa.Computed("size * 2")),
    sa.Column("size", sa.Integer, index=True),
    sa.CheckConstraint("size > 0", name="size"),
    sa.UniqueConstraint("size", "mood"),
    comment="things")
"""
EVENTS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("events", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
NAMED_LIKE_OURS = """
def contract_columns():
    return [sa.Column('id', sa.Integer, primary_key=True)]
def expand_users():
    return 'users'
def backfill_names():
    return None
def remove_enum_value_from(x):
    return x
"""
USING_THEM = (
    "op.create_table(expand_users(), *contract_columns())\n"
    "backfill_names()\nremove_enum_value_from(1)"
)
TEAM_OPERATION = """
from alembic.operations import MigrateOperation, Operations
@Operations.register_operation("contract_everything")
class ContractEverything(MigrateOperation):
    @classmethod
    def contract_everything(cls, operations, name):
        return operations.invoke(cls())
@Operations.implementation_for(ContractEverything)
def run(operations, operation):
    operations.execute("CREATE TABLE everything (id int)")
"""
PROGRAM = """
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa
config = Config("alembic.ini")
command.upgrade(config, "head")
command.current(config)
engine = sa.create_engine("{url}")
with engine.begin() as connection:
    context = MigrationContext.configure(connection)
    print(context.get_current_revision())
    op = Operations(context)
    op.create_table("by_hand", sa.Column("id", sa.Integer))
    op.add_column("by_hand", sa.Column("n", sa.Integer))
    with op.batch_alter_table("by_hand") as batch:
        batch.alter_column("n", nullable=False)
command.downgrade(config, "base")
engine.dispose()
"""
GIVEN = """
from alembic import command
from alembic.config import Config
import sqlalchemy as sa
engine = sa.create_engine("{url}")
with engine.begin() as connection:
    config = Config("alembic.ini")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    command.upgrade(config, "head")
engine.dispose()
"""
ENV_GIVEN = """
from alembic import context
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
"""
FOLDER_PER_REVISION = """file_template = %%(rev)s/%%(slug)s
recursive_version_locations = true
sqlalchemy.url = """
HOOKS = """[post_write_hooks]
hooks = say
say.type = exec
say.executable = echo
say.options = REVISION_SCRIPT_FILENAME
"""
X_ARGUMENTS = """
print(sorted(context.get_x_argument(as_dictionary=True).items()))
print(context.get_tag_argument())
"""


def projects() -> Iterator[Stock]:
    """All of them."""
    yield from _templates()
    yield from _graphs()
    yield from _autogenerated()
    yield from _written()
    yield from _other_databases()
    yield from _surroundings()


def _templates() -> Iterator[Stock]:
    yield Stock("generic", (*init(), *models(), *AUTOGENERATE))
    yield Stock("async", (*init("async"), *models(), *AUTOGENERATE), "asyncpg")
    yield Stock(
        "async-psycopg", (*init("async"), table("a"), *UP_DOWN), "psycopg_async"
    )
    yield Stock("psycopg2", (*init(), *models(), *AUTOGENERATE), "psycopg2")
    yield Stock("pyproject", (*init("pyproject"), *models(), *AUTOGENERATE))
    yield Stock(
        "pyproject-async", (*init("pyproject_async"), table("a"), *UP_DOWN), "asyncpg"
    )
    yield Stock("multidb", _multidb())
    app = ("write", "app.py", FLASK_APP)
    yield Stock("flask-migrate", (app, *FLASK), env={"FLASK_APP": "app.py"})
    several = (app, ("flask", "db", "init", "--multidb"), *FLASK[1:])
    yield Stock("flask-migrate-multidb", several, env={"FLASK_APP": "app.py"})


def _multidb() -> tuple[Step, ...]:
    up = "globals()['upgrade_%s' % engine_name]()"
    both = f"def upgrade_engine1():\n    {TABLE.format('a')}\n"
    both += f"def upgrade_engine2():\n    {TABLE.format('b')}\n"
    name, text = revision("a", up, helper=both)[1:]
    text = text.replace("def upgrade():", "def upgrade(engine_name):")
    text = text.replace("def downgrade():", "def downgrade(engine_name):")
    return (
        a("init", "-t", "multidb", "m"),
        ("replace", "alembic.ini", f"{URL}2", SQLITE),
        ("replace", "alembic.ini", URL, "{url}"),
        ("write", name, text),
        a("upgrade", "head"),
        a("current"),
        a("upgrade", "head", "--sql"),
    )


def _graphs() -> Iterator[Stock]:
    two = (table("a"), table("b", "a"), table("c", "a"))
    yield Stock(
        "several-heads",
        (
            *init(),
            *two,
            a("heads", "--verbose"),
            a("branches"),
            a("upgrade", "head"),
            a("upgrade", "heads"),
            a("current"),
            a("downgrade", "a"),
            a("upgrade", "b"),
            a("current", "--check-heads"),
        ),
    )
    yield Stock(
        "branches",
        (
            *init(),
            table("a", labels=("one",)),
            table("b", labels=("two",), depends="a"),
            table("c", "b"),
            a("upgrade", "two@head"),
            a("current"),
            a("downgrade", "two@base"),
            a("revision", "--head", "one@head", "--rev-id", "d", "-m", "more"),
            a("upgrade", "heads"),
            a("history"),
        ),
    )
    yield Stock(
        "merge",
        (
            *init(),
            *two,
            a("merge", "-m", "together", "--rev-id", "d", "heads"),
            a("upgrade", "head"),
            a("downgrade", "-1"),
            a("show", "d"),
        ),
    )
    yield Stock(
        "relative",
        (
            *init(),
            table("a"),
            table("b", "a"),
            table("c", "b"),
            a("upgrade", "+1"),
            a("upgrade", "+5"),
            a("upgrade", "b"),
            a("downgrade", "-1"),
            a("upgrade", "a:c", "--sql"),
            a("downgrade", "c:a", "--sql"),
            a("stamp", "c"),
            a("stamp", "--purge", "base"),
            a("stamp", "nothing"),
        ),
    )
    locations = "version_locations = %(here)s/one:%(here)s/two\nsqlalchemy.url = "
    yield Stock(
        "version-locations",
        (
            *init(),
            ("replace", "alembic.ini", "sqlalchemy.url = ", locations),
            table("a", folder="one"),
            table("b", "a", folder="two"),
            *UP_DOWN,
        ),
    )
    yield Stock(
        "version-locations-of-env",
        (
            *init(),
            ("append", "m/script.py.mako", "\n"),
            (
                "replace",
                "m/env.py",
                NO_METADATA,
                f"{NO_METADATA}\ncontext.script.version_locations = ['more']",
            ),
            table("a", folder="more"),
            *UP_DOWN,
        ),
    )
    recursive = "recursive_version_locations = true\nsqlalchemy.url = "
    yield Stock(
        "recursive",
        (
            *init(),
            ("replace", "alembic.ini", "sqlalchemy.url = ", recursive),
            table("a", folder="m/versions/2025/01"),
            table("b", "a", folder="m/versions/2026"),
            *UP_DOWN,
        ),
    )


def _autogenerated() -> Iterator[Stock]:
    skipped = (
        "def include_object(object, name, type_, reflected, compare_to):\n"
        "    return name != 'orders'\n"
    )
    yield Stock(
        "include-object",
        (
            *init(),
            *models(MODELS + skipped),
            configure("include_object=models.include_object"),
            *AUTOGENERATE,
        ),
    )
    names = (
        "def include_name(name, type_, parents):\n"
        "    return name in (None, '{schema}') if type_ == 'schema' else True\n"
    )
    yield Stock(
        "include-name",
        (
            *init(),
            *models(MODELS + names),
            configure("include_schemas=True, include_name=models.include_name"),
            *AUTOGENERATE,
        ),
    )
    yield Stock(
        "rewriter",
        (
            *init(),
            *models(MODELS + REWRITER),
            configure("process_revision_directives=models.writer"),
            *AUTOGENERATE,
        ),
        setup=("CREATE TABLE legacy (id int)",),
    )
    yield Stock(
        "process-revision-directives",
        (
            *init(),
            *models(MODELS + NO_EMPTY),
            configure("process_revision_directives=models.process"),
            *AUTOGENERATE[:5],
            a("revision", "--autogenerate", "-m", "empty", "--rev-id", "e"),
        ),
    )
    yield Stock(
        "compare-less",
        (
            *init(),
            *models(),
            configure("compare_type=False, compare_server_default=True"),
            *AUTOGENERATE,
        ),
    )
    yield Stock(
        "naming-convention",
        (*init(), *models(RICH), *AUTOGENERATE[:2], *AUTOGENERATE[5:6]),
    )
    yield Stock("250-tables", (*init(), *models(MANY.replace("{0}", "250")), *_many()))
    both = f"""{MODELS}
other = sa.MetaData()
sa.Table('others', other, sa.Column('id', sa.Integer, primary_key=True))
"""
    yield Stock(
        "several-metadata",
        (
            *init(),
            *models(both),
            (
                "replace",
                "m/env.py",
                "models.metadata",
                "[models.metadata, models.other]",
            ),
            *AUTOGENERATE[:6],
        ),
    )
    yield Stock(
        "batch-rendered",
        (*init(), *models(), configure("render_as_batch=True"), *AUTOGENERATE),
    )
    yield Stock(
        "hooks-and-file-template",
        (
            *init(),
            *models(),
            (
                "replace",
                "alembic.ini",
                "sqlalchemy.url = ",
                FOLDER_PER_REVISION,
            ),
            (
                "replace",
                "alembic.ini",
                "[post_write_hooks]\n",
                HOOKS,
            ),
            *AUTOGENERATE,
        ),
    )
    yield Stock(
        "revision-environment",
        (
            *init(),
            ("replace", "m/env.py", NO_METADATA, NO_METADATA + X_ARGUMENTS),
            (
                "replace",
                "alembic.ini",
                "sqlalchemy.url = ",
                "revision_environment = true\nsqlalchemy.url = ",
            ),
            a("-x", "tenant=one", "revision", "--rev-id", "a", "-m", "first"),
            a("-x", "tenant=one", "-x", "b", "upgrade", "head", "--tag", "it"),
        ),
    )


def _many() -> tuple[Step, ...]:
    return (
        a("check"),
        a("revision", "--autogenerate", "-m", "many", "--rev-id", "a1"),
        a("upgrade", "head"),
        a("check"),
    )


def _written() -> Iterator[Stock]:
    changes = (
        "op.add_column('a', sa.Column('n', sa.Integer, nullable=False))\n"
        "op.alter_column('a', 'n', type_=sa.BigInteger, server_default='1')\n"
        "op.create_index('ix', 'a', ['n'])\n"
        "op.create_check_constraint('ck', 'a', 'n > 0')\n"
        "op.create_unique_constraint('uq', 'a', ['n'])\n"
        "op.rename_table('a', 'z')\nop.alter_column('z', 'n', new_column_name='m')\n"
        "op.create_table_comment('z', 'said')"
    )
    back = (
        "op.drop_table_comment('z')\nop.rename_table('z', 'a')\n"
        "op.drop_constraint('uq', 'a')\nop.drop_constraint('ck', 'a')\n"
        "op.drop_index('ix', 'a')\nop.drop_column('a', 'm')"
    )
    stock = (table("a"), revision("b", changes, back, "a"))
    yield Stock("every-operation", (*init(), *stock, *UP_DOWN))
    yield Stock("every-operation-async", (*init("async"), *stock, *UP_DOWN), "asyncpg")
    yield Stock("scripts", (*init(), *stock, a("upgrade", "head", "--sql")))
    yield Stock(
        "transaction-per-migration",
        (*init(), configure("transaction_per_migration=True"), *stock, *UP_DOWN),
    )
    alone = (
        "with op.get_context().autocommit_block():\n"
        "    op.create_index('ix', 'a', ['id'], postgresql_concurrently=True)"
    )
    yield Stock(
        "autocommit-block",
        (
            *init(),
            table("a"),
            revision("b", alone, "op.drop_index('ix')", "a"),
            *UP_DOWN,
        ),
    )
    yield Stock(
        "no-transactional-ddl",
        (*init(), configure("transactional_ddl=False"), *stock, *UP_DOWN),
    )
    data = (
        "t = sa.table('a', sa.column('id', sa.Integer))\n"
        "op.bulk_insert(t, [{'id': 1}, {'id': 2}])\n"
        "op.execute(t.update().where(t.c.id == 1).values(id=3))\n"
        "print(op.get_bind().execute(sa.text('SELECT max(id) FROM a')).scalar())\n"
        "print(sa.inspect(op.get_bind()).get_columns('a')[0]['name'])\n"
        "from sqlalchemy.orm import Session\n"
        "print(Session(op.get_bind()).execute(sa.select(t.c.id)).all())\n"
        "sa.MetaData().create_all(op.get_bind())"
    )
    yield Stock("data", (*init(), table("a"), revision("b", data, down="a"), *UP_DOWN))
    batch = (
        "with op.batch_alter_table('a') as batch:\n"
        "    batch.add_column(sa.Column('n', sa.Integer))\n"
        "    batch.alter_column('n', server_default='1')"
    )
    again = (
        "with op.batch_alter_table('a', recreate='always') as batch:\n"
        "    batch.drop_column('n')"
    )
    batches = (table("a"), revision("b", batch, again, "a"))
    yield Stock("batches", (*init(), *batches, *UP_DOWN))
    yield Stock("batches-sqlite", (*init(url=SQLITE), *batches, *UP_DOWN))
    fails = revision("b", "op.execute('SELECT 1/0')", "raise ValueError('no')", "a")
    yield Stock(
        "failing",
        (
            *init(),
            table("a"),
            fails,
            a("upgrade", "head"),
            a("--raiseerr", "upgrade", "head"),
            a("current"),
            a("upgrade", "nothing"),
            a("stamp", "b"),
            a("downgrade", "base"),
        ),
    )
    ours = revision("a", USING_THEM, "op.drop_table('users')", helper=NAMED_LIKE_OURS)
    yield Stock("named-like-ours", (*init(), ours, table("b", "a"), *UP_DOWN))
    yield Stock("named-like-ours-sqlite", (*init(url=SQLITE), ours, *UP_DOWN))
    team = revision("a", "op.contract_everything('x')", "op.drop_table('everything')")
    yield Stock(
        "operation-of-the-team",
        (
            *init(),
            ("write", "team.py", TEAM_OPERATION),
            (
                "replace",
                "m/env.py",
                NO_METADATA,
                f"import sys; sys.path.insert(0, '.')\nimport team\n{NO_METADATA}",
            ),
            team,
            *UP_DOWN,
        ),
    )
    applied = (
        "def applied(*, ctx, step, heads, run_args, **kw):\n"
        "    print('applied', step.up_revision_id, sorted(heads), step.is_upgrade)\n"
    )
    yield Stock(
        "on-version-apply",
        (
            *init(),
            ("replace", "m/env.py", NO_METADATA, f"{applied}\n{NO_METADATA}"),
            configure("on_version_apply=applied, version_table='its_own'"),
            *stock,
            *UP_DOWN,
        ),
    )
    yield Stock(
        "version-table-schema",
        (
            *init(),
            configure("version_table='v', version_table_schema='{schema}'"),
            *stock,
            *UP_DOWN,
            a("ensure_version"),
        ),
    )


def _other_databases() -> Iterator[Stock]:
    yield Stock("sqlite", (*init(url=SQLITE), *models(), *AUTOGENERATE))
    yield Stock(
        "sqlite-batch",
        (
            *init(url=SQLITE),
            *models(),
            configure("render_as_batch=True"),
            *AUTOGENERATE,
        ),
    )
    for dialect in ("mysql", "oracle", "mssql"):
        yield Stock(
            f"{dialect}-script",
            (
                *init(url=SQLITE),
                ("replace", "m/env.py", "url=url", f"dialect_name='{dialect}'"),
                table("a"),
                revision(
                    "b", "op.add_column('a', sa.Column('n', sa.Integer))", down="a"
                ),
                a("upgrade", "head", "--sql"),
                a("downgrade", "b:base", "--sql"),
            ),
        )


def _surroundings() -> Iterator[Stock]:
    yield Stock(
        "no-bytecode",
        (*init(), *models(), *AUTOGENERATE),
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    yield Stock(
        "zipped",
        (
            *init(),
            ("write", "packed/app/__init__.py", ""),
            ("write", "packed/app/models.py", MODELS),
            ("zip", "app.zip", "packed"),
            (
                "replace",
                "m/env.py",
                NO_METADATA,
                "import app.models\ntarget_metadata = app.models.metadata",
            ),
            *AUTOGENERATE[:6],
        ),
        env={"PYTHONPATH": "app.zip"},
    )
    compiled = (
        "import pathlib, py_compile\n"
        "for file in pathlib.Path('m/versions').glob('*.py'):\n"
        "    py_compile.compile(str(file), str(file) + 'c')\n"
        "    file.unlink()"
    )
    yield Stock(
        "sourceless",
        (
            *init(),
            (
                "replace",
                "alembic.ini",
                "sqlalchemy.url",
                "sourceless = true\nsqlalchemy.url",
            ),
            table("a"),
            table("b", "a"),
            ("python", compiled),
            *UP_DOWN,
        ),
    )
    yield Stock("program", (*init(), table("a"), table("b", "a"), ("python", PROGRAM)))
    yield Stock(
        "connection-given",
        (*init(), ("write", "m/env.py", ENV_GIVEN), table("a"), ("python", GIVEN)),
    )
    yield Stock("help", (a("--help"), a("upgrade", "--help"), a("list_templates")))
