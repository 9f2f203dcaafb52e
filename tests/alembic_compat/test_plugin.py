"""What happens when Alembic, or the package, is imported."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.project import HAS_PLUGINS, ROOT, Result, Running

pytestmark = pytest.mark.compat
needs_plugins = pytest.mark.skipif(
    not HAS_PLUGINS, reason="before 1.18 Alembic loads no plugins"
)

STRICT = "import warnings; warnings.simplefilter('error')"
CHECK = """
from alembic import op as stock
from alembic_zdt import op
assert callable(op.create_index_concurrently)
assert callable(op.create_table)
"""
MODULES = (
    "alembic",
    "alembic.autogenerate",
    "alembic.command",
    "alembic.config",
    "alembic.op",
    "alembic.operations",
    "alembic.runtime.migration",
    "alembic_zdt",
    "alembic_zdt.cli",
    "alembic_zdt.alembic_compat.contexts",
    "alembic_zdt.errors",
    "alembic_zdt.names",
    "alembic_zdt.op",
    "alembic_zdt.operations.indexes.concurrent_index",
    "alembic_zdt.registration",
    "alembic_zdt.runner.online",
    "alembic_zdt.settings",
    "sqlalchemy.ext.compiler",
)


@pytest.fixture
def python(forkers):
    """Run code in a process that has not imported Alembic, nor the package in *path*.

    It has SQLAlchemy: that takes as long as all the rest.
    """

    def run(code: str, path: Path = ROOT) -> Result:
        environment = os.environ | {"PYTHONPATH": str(path)}
        running = Running(forkers["-c"].start([code], path, environment))
        return running.wait()

    return run


@pytest.mark.parametrize("module", MODULES)
def test_any_import_may_come_first(python, module):
    """Nothing is half-loaded, nothing is said."""
    done = python(f"{STRICT}\nimport {module}\n{CHECK}")

    assert (done.rc, done.stderr) == (0, "")


@needs_plugins
@pytest.mark.parametrize("module", MODULES)
def test_directives_are_there_after_any_import(python, module):
    """``from alembic import op`` is enough, without any change of env.py."""
    done = python(
        f"import {module}\nfrom alembic import op\nop.create_index_concurrently"
    )

    assert (done.rc, done.stderr) == (0, "")


@needs_plugins
def test_stories_are_loaded_on_first_use_only(python):
    """``alembic --help`` and stock revisions pay for announcing the names only."""
    done = python(
        "import sys, alembic.config\n"
        "print(sorted(m for m in sys.modules if m.startswith('alembic_zdt.oper')))"
    )

    assert done.stdout == "[]\n"


def test_importing_the_package_loads_none_of_its_parts_before_they_are_used(python):
    """Its modules come with the first use of a name."""
    done = python(
        "import sys, alembic\n"
        "before = set(sys.modules)\n"
        "import alembic_zdt\n"
        "print(sorted(m for m in set(sys.modules) - before if 'zdt' in m))\n"
        "print(alembic_zdt.errors.ZdtError.__name__)"
    )

    assert done.stdout.splitlines()[-1] == "ZdtError"
    assert "alembic_zdt.operations" not in done.stdout


def test_unknown_name_is_an_attribute_error(python):
    """Like any other module's."""
    done = python("import alembic_zdt\nalembic_zdt.nothing")

    assert done.stderr.splitlines()[-1] == "AttributeError: nothing"


@needs_plugins
@pytest.mark.parametrize("owner", ["op", "Operations"])
def test_unknown_directive_is_an_attribute_error(python, owner):
    """The announced names do not hide a misspelling."""
    where = "alembic" if owner == "op" else "alembic.operations"
    done = python(f"from {where} import {owner}\n{owner}.create_index_slowly")

    assert done.stderr.splitlines()[-1].startswith("AttributeError: ")
    assert "create_index_slowly" in done.stderr.splitlines()[-1]


BROKEN = (
    "operations/indexes/concurrent_index.py",
    "operations/base.py",
    "registration.py",
    "alembic_compat/contexts.py",
    "errors.py",
    "connection/own_process.py",
)


@pytest.fixture
def broken(tmp_path):
    """A copy of the package on sys.path, one of whose modules cannot be imported."""

    def make(module: str) -> Path:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "alembic_zdt", tmp_path / "alembic_zdt", ignore=ignored)
        (tmp_path / "alembic_zdt" / module).write_text("import no_such_module\n")
        return tmp_path

    return make


@pytest.mark.parametrize("module", BROKEN)
def test_broken_module_does_not_break_alembic(python, broken, module):
    """Every other project of the environment goes on."""
    path = broken(module)

    done = python("import alembic.command, alembic.op\nprint('alive')", path)

    assert done.rc == 0
    assert done.stdout == "alive\n"


@pytest.mark.parametrize("module", BROKEN)
def test_op_says_why_it_is_broken(python, broken, module):
    """Whoever asks for the directives gets the reason."""
    path = broken(module)

    done = python("from alembic_zdt import op\nop.create_index_concurrently", path)

    assert done.rc == 1
    last = "ModuleNotFoundError: No module named 'no_such_module'"
    assert done.stderr.splitlines()[-1] == last


@needs_plugins
@pytest.mark.parametrize("module", ["registration.py", "alembic_compat/contexts.py"])
def test_broken_plugin_is_logged(python, broken, module):
    """On the logger of the package, with the reason."""
    path = broken(module)

    done = python("import logging\nlogging.basicConfig()\nimport alembic", path)

    assert "ERROR:alembic_zdt:the directives are not available" in done.stderr
    assert "No module named 'no_such_module'" in done.stderr


@needs_plugins
def test_entry_point_is_installed():
    """Alembic finds it by the metadata of the distribution."""
    from importlib.metadata import entry_points

    (found,) = entry_points(group="alembic.plugins", name="alembic_zdt.core")

    assert found.value == "alembic_zdt._alembic_plugin:plugin"


@needs_plugins
def test_plugin_may_be_named_in_env(db, project):
    """``autogenerate_plugins`` of env.py knows it."""
    project.models("metadata = sa.MetaData()")
    plugins = ["alembic.autogenerate.*", "alembic_zdt.core"]
    project.configure(autogenerate_plugins=plugins)
    project.revision("r1")

    project.upgrade()
    project.run("check")


@pytest.mark.parametrize("package", ["alembic", "alembic_zdt"])
def test_revision_runs_with_either_import(db, project, package):
    """``from alembic import op`` where there are plugins, ours everywhere."""
    if package == "alembic" and not HAS_PLUGINS:
        pytest.skip("before 1.18 Alembic loads no plugins")
    project.forkers = {}  # a new interpreter imports in the order of a new user's
    db.execute("CREATE TABLE users (id int, email text)")
    call = 'op.create_index_concurrently("ix", "users", ["email"])'
    project.revision("r1", call, 'op.drop_index_concurrently("ix")', op=package)

    project.cli("upgrade", "head").ok()
    assert db.index("ix").is_valid
    project.cli("downgrade", "base").ok()
    assert not db.exists("ix")


def test_batch_proxy_and_direct_operations_have_the_directives(db):
    """An Operations object of one's own works like the module."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from sqlalchemy import create_engine

    import alembic_zdt.op  # noqa: F401

    db.execute("CREATE TABLE users (id int, email text)")
    engine = create_engine(db.url())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction():
            operations = Operations(context)
            operations.create_index_concurrently("ix", "users", ["email"])
    engine.dispose()

    assert db.index("ix").is_valid
