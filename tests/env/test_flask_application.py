"""A project of Flask-Migrate, as ``flask db init`` makes it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stdout

import pytest
from alembic import command
from sqlalchemy import create_engine

from alembic_zdt.backfill import run_slice
from alembic_zdt.errors import UndefinedObjectError, UsageError

flask = pytest.importorskip("flask")
flask_migrate = pytest.importorskip("flask_migrate")

APPLICATION = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.Text)


def create_app(folder="migrations"):
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
    db.init_app(app)
    Migrate(app, db, folder)
    return app
"""


class FlaskProject:
    """The folder in which ``flask db`` works."""

    def __init__(self, folder, db, forkers):
        self.folder, self._db, self._forkers = folder, db, forkers
        self.write("shop.py", APPLICATION.format(url=db.url()))
        self.write("app.py", "from shop import create_app\napp = create_app()\n")
        self.init("migrations")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def init(self, name):
        """What ``flask db init -d NAME`` does."""
        config = flask_migrate.Config(str(self.folder / name / "alembic.ini"))
        with redirect_stdout(io.StringIO()):
            command.init(config, str(self.folder / name), template="flask")

    def zdt(self, *arguments, **environment):
        """Run ``alembic-zdt``; return its exit code and output."""
        environment = os.environ | environment
        forked = self._forkers["alembic_zdt"].start(arguments, self.folder, environment)
        output = "".join(forked.communicate())
        return forked.poll(), output

    def flask(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "flask", "db", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )

    def texts(self):
        return [each.read_text() for each in self.folder.rglob("versions/*.py")]


@pytest.fixture
def shop(tmp_path, db, forkers):
    return FlaskProject(tmp_path, db, forkers)


def test_every_command(db, shop):
    """In the folder of the project, without an option more than ``flask db`` needs."""
    assert shop.zdt("revision", "--autogenerate", "-m", "users")[0] == 0
    (text,) = shop.texts()
    assert "op.create_table('users'" in text

    said = {
        name: shop.zdt(*arguments)
        for name, arguments in {
            "plan": ["plan"],
            "status before": ["status"],
            "lint": ["lint"],
            "upgrade": ["upgrade"],
            "status": ["status"],
            "check": ["check"],
            "wait": ["wait", "--timeout", "0s"],
            "sql": ["sql"],
            "doctor": ["doctor"],
            "contract": ["contract"],
            "current": ["current"],
            "backfill": ["backfill", "status"],
            "downgrade": ["downgrade", "base"],
        }.items()
    }

    codes = {name: code for name, (code, _) in said.items() if code}
    assert codes == {"status before": 10, "doctor": 1}
    assert "CREATE TABLE users" in said["plan"][1]
    assert "1 revision, 0 findings" in said["lint"][1]
    assert "CREATE TABLE users" in said["sql"][1]
    assert "not checked" not in said["doctor"][1]
    assert not db.exists("users")


@pytest.mark.parametrize(
    "application", ["shop:create_app", "shop:create_app('migrations')", "shop"]
)
def test_flask_app_is_read_as_flask_reads_it(shop, application):
    code, output = shop.zdt("status", FLASK_APP=application)

    assert code == 0, output
    assert "nothing is pending" in output


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "database/alembic.ini"],
        [],
    ],
)
def test_another_folder(shop, arguments):
    """The one that Migrate() names, or the one of the ini file."""
    (shop.folder / "migrations").rename(shop.folder / "database")

    code, output = shop.zdt(
        *arguments, "status", FLASK_APP="shop:create_app('database')"
    )

    assert code == 0, output


def test_configuration_callbacks(shop):
    """As @migrate.configure of the application."""
    shop.write(
        "app.py",
        "import shop\n"
        "app = shop.create_app()\n"
        "@app.extensions['migrate'].migrate.configure\n"
        "def configure(config):\n"
        "    config.set_main_option('version_locations', 'elsewhere')\n"
        "    return config\n",
    )
    shop.write(
        "elsewhere/1.py",
        "revision, down_revision = '1', None\n"
        "def upgrade(): pass\n"
        "def downgrade(): pass\n",
    )

    assert shop.zdt("heads") == (0, "1 (head)\n")
    assert "1 revision, 0 findings" in shop.zdt("lint")[1]


def test_script_location_in_the_ini_file(shop):
    """Which Flask-Migrate does not need, and others may have written."""
    ini = shop.folder / "migrations" / "alembic.ini"
    text = ini.read_text().replace("[alembic]", "[alembic]\nscript_location=migrations")
    ini.write_text(text)

    assert shop.zdt("-c", "migrations/alembic.ini", "status")[0] == 0


@pytest.mark.parametrize("name", ["status", "lint", "plan", "doctor", "check", "wait"])
def test_no_application(shop, name):
    """Where ``flask db`` would not find one either."""
    (shop.folder / "app.py").unlink()

    code, output = shop.zdt("-c", "migrations/alembic.ini", name)

    assert code != 0
    assert "env.py needs the Flask application" in output
    assert "Could not locate a Flask application" in output
    assert "FLASK_APP=myapp:create_app" in output
    assert "Traceback" not in output


def test_application_that_fails(shop):
    shop.write("app.py", "import not_here\n")

    code, output = shop.zdt("status")

    assert code == 255
    assert "No module named 'not_here'" in " ".join(output.split())


def test_files_of_sql_need_no_application(shop):
    """Nothing of the project is imported."""
    shop.write("app.py", "raise SystemExit(3)\n")
    shop.write("some.sql", "SELECT 1;\n")

    assert shop.zdt("lint", "some.sql")[0] == 0


def test_flask_db_upgrade_runs_directives(db, shop):
    """And its own autogenerate finds nothing of ours."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text)")
    shop.write(
        "migrations/versions/1.py",
        "from alembic_zdt import op\n"
        "revision, down_revision = '1', None\n"
        "def upgrade():\n"
        "    op.create_index_concurrently('ix', 'users', ['email'])\n"
        "def downgrade():\n"
        "    op.drop_index_concurrently('ix', 'users')\n",
    )

    shop.flask("upgrade")

    assert db.index("ix").is_valid
    shop.flask("downgrade")
    assert db.indexes("users") == ["users_pkey"]


PROGRAM = """
from alembic_zdt import api
from shop import create_app, db
with create_app().app_context():
    with db.engine.connect() as connection:
        pass
    api.upgrade(config="migrations/alembic.ini")
    print(api.current(config="migrations/alembic.ini"))
"""


def test_program_of_the_application(shop):
    """Within the context of the application, over the engine of env.py."""
    shop.write(
        "migrations/versions/1.py",
        "revision, down_revision = '1', None\n"
        "def upgrade(): pass\n"
        "def downgrade(): pass\n",
    )

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=shop.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "('1',)\n", done.stderr


def test_slice_says_where_the_location_comes_from(db, shop, monkeypatch):
    """``migrations/alembic.ini`` of Flask-Migrate has none."""
    monkeypatch.chdir(shop.folder)
    ini = shop.folder / "migrations" / "alembic.ini"
    engine = create_engine(db.url())

    with pytest.raises(UsageError, match="has no script_location") as caught:
        run_slice(engine, "any", config=ini)

    assert "config=migrate.get_config()" in caught.value.hint
    app = flask.Flask("shop")
    migrate = flask_migrate.Migrate(app, None)
    with (
        app.app_context(),
        pytest.raises(UndefinedObjectError, match="no backfill"),
    ):
        run_slice(engine, "any", config=migrate.get_config())
    engine.dispose()
