"""``compat``: the folders, the modules and the environment of tests and revisions."""

from __future__ import annotations

import os
import shutil

from tests.commands.compat.conftest import ENV, INI

PHASED = 'op.add_column("users", sa.Column("age", sa.Integer()))'
IMPORTS = """\
    import app, other, shop

    assert app.CODE == other.CODE == shop.CODE == "base", app.CODE
"""
OTHER_ENV = """\
import os

from alembic import context
from sqlalchemy import NullPool, create_engine

engine = create_engine(os.environ["OTHER"], poolclass=NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def test_code_of_the_base_is_imported(repository):
    """Also where Python's path has folders of the branch, as after pip -e."""
    folders = {"app": ".", "shop": "src", "other": "packages/other"}
    for name, folder in folders.items():
        repository.write(f"{folder}/{name}.py", "CODE = 'base'")
    env = f"import app, other\nassert app.CODE == other.CODE == 'base'\n{ENV}"
    repository.write("migrations/env.py", env)
    repository.write("check.py", IMPORTS)
    repository.deploy()
    for name, folder in folders.items():
        repository.write(f"{folder}/{name}.py", "CODE = 'branch'")
    repository.write("migrations/env.py", env.replace("base", "branch"))
    repository.revision("0002", "0001", PHASED)
    found = (str(repository.folder / folder) for folder in folders.values())
    repository.variables["PYTHONPATH"] = os.pathsep.join(found)

    run = repository.compat()

    assert run.rc == 0, run.output


def test_project_in_a_folder_of_the_repository(repository):
    """Git sets variables for its hooks, by which other calls find another index.

    The work tree runs no hooks.
    """
    inner = repository.folder / "backend"
    inner.mkdir()
    for name in ("alembic.ini", "migrations", "check.py"):
        shutil.move(repository.folder / name, inner)
    repository.deploy()
    hook = repository.folder / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    index = (repository.folder / ".git/index").read_bytes()
    repository.variables |= {
        "GIT_DIR": str(repository.folder / ".git"),
        "GIT_INDEX_FILE": str(repository.folder / ".git/index"),
    }
    (inner / "migrations/versions/0002.py").write_text(
        (inner / "migrations/versions/0001.py")
        .read_text()
        .replace("'0001'", "'0002'")
        .replace("None", "'0001'")
        .replace("users", "orders")
    )

    run = repository.compat(folder=inner)

    assert run.rc == 0, run.output
    assert (repository.folder / ".git/index").read_bytes() == index
    repository.variables.clear()
    elsewhere = repository.folder / "new"
    elsewhere.mkdir()
    given = ("-c", "../backend/alembic.ini", "compat", "--base", "origin/main")
    run = repository.start(*given, "--", "true", folder=elsewhere).wait()
    assert 'origin/main has no folder "new"' in run.stdout


def test_variables_sections_and_arguments(repository):
    """The program gets its options, and the URL for its own driver."""
    repository.write("alembic.ini", INI.replace("[alembic]", "[shop]"))
    env = ENV.replace(
        "env.run()",
        "from alembic import context\n"
        'assert context.get_x_argument(as_dictionary=True)["tenant"] == "a"\n'
        'assert context.config.config_ini_section == "shop"\n'
        "env.run()",
    )
    repository.write("migrations/env.py", env)
    repository.deploy()
    repository.revision("0002", "0001", PHASED)
    repository.variables["SHOP_URL"] = "postgresql+asyncpg://host/production"
    code = (
        "import os, sys\n"
        "assert sys.argv[1:] == ['-q', '--', '-x'], sys.argv\n"
        "assert os.environ['SHOP_URL'].startswith('postgresql+asyncpg://creator_')\n"
        "assert '/zdt_test_' in os.environ['OTHER_URL']\n"
        "assert 'DATABASE_URL' not in os.environ"
    )
    options = ("--base", "origin/main", "--url", repository.url)
    names = ("--url-variable", "SHOP_URL", "--url-variable=OTHER_URL")
    tests = ("python", "-c", code, "-q", "--", "-x")
    section = ("-n", "shop", "-x", "tenant=a", "-x", "url=postgresql://host/other")

    run = repository.start(*section, "compat", *options, *names, "--", *tests).wait()

    assert run.rc == 0, run.output


def test_env_py_that_connects_elsewhere_is_refused(repository, db):
    """Also where no revision is pending in that database."""
    db.execute("CREATE TABLE alembic_version AS SELECT '0001' AS version_num")
    repository.write("migrations/env.py", OTHER_ENV)
    repository.deploy()
    repository.variables["OTHER"] = db.url()

    run = repository.compat()

    assert run.rc == 255, run.output
    assert run.stdout == (
        f'FAILED: env.py connects to the database "{db.database}" instead of the '
        "scratch database\n"
        "detail: The URL is passed as -x url=, as sqlalchemy.url and in the "
        "environment variables DATABASE_URL_SYNC and DATABASE_URL. No revision was "
        "run.\n"
        "hint: Name the variable that env.py reads in --url-variable, or let env.py "
        "call alembic_zdt.env.run().\n"
        "docs: alembic-zdt explain usage\n"
    )
    assert db.value("SELECT to_regclass('users')") is None
