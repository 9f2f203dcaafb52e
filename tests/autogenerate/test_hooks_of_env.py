"""A hook of the team in env.py, with the commands of ``alembic-zdt``."""

from __future__ import annotations

import re

import pytest

from alembic_zdt.commands.contract import contract
from alembic_zdt.commands.revision import revision

SETUP = (
    "CREATE TABLE users (id int PRIMARY KEY, age int, legacy text);"
    "CREATE TABLE spatial_ref_sys (srid int PRIMARY KEY)"
)
MODELS = """
metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("age", sa.Integer, index=True))
"""
FILTERS = """
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import ops
writer = Rewriter()
@writer.rewrites(ops.DropTableOp)
@writer.rewrites(ops.DropColumnOp)
def left_out(context, revision, op):
    return []
def function(context, revision, directives):
    up = directives[0].upgrade_ops_list[-1]
    up.ops = [op for op in up.ops if not isinstance(op, ops.DropTableOp)]
    for table in up.ops:
        drops = [op for op in table.ops if isinstance(op, ops.DropColumnOp)]
        table.ops = [op for op in table.ops if op not in drops]
"""
ADDING = """
from alembic.operations import ops
def adding(context, revision, directives):
    up, down = directives[0].upgrade_ops, directives[0].downgrade_ops
    up.ops.append(ops.CreateIndexOp("ix_id_age", "users", ["id", "age"]))
    up.ops.append(ops.ExecuteSQLOp("SELECT 1"))
    down.ops.insert(0, ops.ExecuteSQLOp("SELECT 2"))
"""


@pytest.fixture
def hooked(db, project):
    """Call with the name of a hook and its source, before anything is generated."""
    db.execute(SETUP)
    project.models(MODELS)

    def hooked(name, source):
        project.edit_env("import runpy", f"import alembic_zdt{source}\nimport runpy")
        project.edit_env(
            "target_metadata=target_metadata,",
            f"target_metadata=target_metadata, process_revision_directives={name},",
        )

    return hooked


def generated(project, command=revision, *arguments, **options):
    """The texts that a command writes, all together."""
    known = set(project.scripts())
    command(project.config(), *arguments, **options)
    new = [path for path in project.scripts() if path not in known]
    return "\n".join(path.read_text() for path in new)


@pytest.mark.parametrize(
    "name", ["writer", "function", "writer.chain(alembic_zdt.rewriter)"]
)
def test_what_a_filter_leaves_out_stays_out(db, project, hooked, name):
    """It knows Alembic's operations, as with stock Alembic."""
    hooked(name, FILTERS)

    text = generated(project, message="change", autogenerate=True)

    assert "op.create_index_concurrently('ix_users_age'" in text
    assert not re.search(r"op\.\w*drop_(table|column)\(", text)
    project.upgrade()
    assert db.exists("spatial_ref_sys")
    assert "legacy" in db.columns("users")


def test_what_a_hook_adds_is_written_once(db, project, hooked):
    """An index of it is built as ours are; its SQL stays as it is."""
    hooked("adding", ADDING)

    text = generated(project, message="change", autogenerate=True)

    assert text.count("op.create_index_concurrently('ix_id_age'") == 1
    assert text.count("op.execute('SELECT 1')") == 1
    assert text.count("op.execute('SELECT 2')") == 1
    project.upgrade()
    assert db.index("ix_id_age").is_valid


def test_hook_behind_ours_sees_directives(project, hooked):
    seen = """
from alembic.autogenerate.rewriter import Rewriter
from alembic_zdt.operations.indexes.concurrent_index import CreateIndexConcurrentlyOp
writer = Rewriter()
@writer.rewrites(CreateIndexConcurrentlyOp)
def left_out(context, revision, op):
    return []
"""
    hooked("alembic_zdt.rewriter.chain(writer)", seen)

    text = generated(project, message="change", autogenerate=True)

    assert "op.contract_drop_column" in text
    assert "op.create_index_concurrently" not in text


def test_hook_that_wants_no_revision(project, hooked):
    hooked("lambda context, revision, directives: directives.clear()", "")

    assert generated(project, message="change", autogenerate=True) == ""


def test_contract_that_is_written_later(db, project, hooked):
    """A column that the team keeps is not dropped; what a hook adds is there."""
    project.settings(emit_contract="later")
    generated(project, message="change", autogenerate=True)
    project.upgrade()
    hooked("hook", f"{FILTERS}{ADDING}\ndef hook(*given):\n    writer(*given)\n")

    assert generated(project, contract) == ""

    project.edit_env("    writer(*given)\n", "    adding(*given)\n")
    text = generated(project, contract)
    assert "op.contract_drop_column('users', 'legacy'" in text
    assert text.count("op.execute('SELECT 1')") == 1
    assert "ix_id_age" not in text
