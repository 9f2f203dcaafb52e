"""Operations in a file that ``alembic revision`` writes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.operations import ops

from alembic_zdt import registration
from alembic_zdt.errors import IrreversibleOperationError, UsageError

registration.register()

from alembic_zdt.operations.constraints.check_constraint import (  # noqa: E402
    CreateCheckConstraintTwoPhaseOp,
)
from alembic_zdt.operations.constraints.existing_constraint import (  # noqa: E402
    DropConstraintSafelyOp,
)
from alembic_zdt.operations.constraints.foreign_key import CreateForeignKeyTwoPhaseOp  # noqa: E402
from alembic_zdt.operations.constraints.not_null import (  # noqa: E402
    AddNotNullTwoPhaseOp,
    DropNotNullOp,
)
from alembic_zdt.operations.constraints.primary_key import (  # noqa: E402
    CreatePrimaryKeyConcurrentlyOp,
)
from alembic_zdt.operations.constraints.unique_constraint import (  # noqa: E402
    CreateUniqueConstraintConcurrentlyOp,
)
from alembic_zdt.operations.constraints.validate_constraint import (  # noqa: E402
    ValidateConstraintOp,
)
from alembic_zdt.operations.enums.add_enum_value import AddEnumValueOp  # noqa: E402
from alembic_zdt.operations.indexes.concurrent_index import (  # noqa: E402
    CreateIndexConcurrentlyOp,
    DropIndexConcurrentlyOp,
)
from alembic_zdt.operations.indexes.reindex_concurrently import ReindexConcurrentlyOp  # noqa: E402

pytestmark = pytest.mark.compat

USERS = sa.Table(
    "users", sa.MetaData(), sa.Column("email", sa.Text), sa.Column("age", sa.Integer)
)
INDEX = ops.CreateIndexOp.from_index(
    sa.Index(
        "ix_model", USERS.c.email, USERS.c.age.desc(), postgresql_where=USERS.c.age > 3
    )
)
FK = ops.CreateForeignKeyOp(
    "fk", "orders", "users", ["user_id"], ["id"], ondelete="CASCADE"
)
RENDERED = {
    "index": (
        CreateIndexConcurrentlyOp.from_stock(INDEX),
        (
            "op.create_index_concurrently('ix_model', 'users', ['email',"
            " sa.text('age DESC')], postgresql_where=sa.text('age > 3'))"
        ),
    ),
    "index-everything": (
        CreateIndexConcurrentlyOp.from_stock(
            ops.CreateIndexOp(
                "ix",
                "users",
                ["email", sa.text("lower(name)"), sa.func.upper(sa.column("x"))],
                schema="s",
                unique=True,
                postgresql_where=sa.text("a > '50%' AND b\\:\\:int > 1"),
                postgresql_include=["z"],
                postgresql_with={"fillfactor": 70},
                postgresql_concurrently=True,
            )
        ),
        (
            "op.create_index_concurrently('ix', 'users', ['email',"
            " sa.text('lower(name)'), sa.text('upper(x)')], schema='s', unique=True,"
            " postgresql_where=sa.text(\"a > '50%' AND b\\\\:\\\\:int > 1\"),"
            " postgresql_include=['z'], postgresql_with={'fillfactor': 70})"
        ),
    ),
    "drop-index": (
        DropIndexConcurrentlyOp.from_stock(ops.DropIndexOp("ix", "users")),
        "op.drop_index_concurrently('ix', table_name='users')",
    ),
    "reindex": (
        ReindexConcurrentlyOp("ix"),
        "op.reindex_concurrently(index_name='ix')",
    ),
    "not-null": (
        AddNotNullTwoPhaseOp("users", "email", schema="s"),
        "op.add_not_null_two_phase('users', 'email', schema='s')",
    ),
    "drop-not-null": (
        DropNotNullOp("users", "email"),
        "op.drop_not_null('users', 'email')",
    ),
    "check": (
        CreateCheckConstraintTwoPhaseOp.from_stock(
            ops.CreateCheckConstraintOp("ck", "users", USERS.c.age > 3)
        ),
        "op.create_check_constraint_two_phase('ck', 'users', 'age > 3')",
    ),
    "check-with-a-final-name": (
        CreateCheckConstraintTwoPhaseOp.from_stock(
            ops.CreateCheckConstraintOp(
                sa.sql.elements.conv("ck_users_age"), "users", sa.text("age > 3")
            )
        ),
        (
            "op.create_check_constraint_two_phase(op.f('ck_users_age'), 'users',"
            " 'age > 3')"
        ),
    ),
    "foreign-key": (
        CreateForeignKeyTwoPhaseOp.from_stock(FK),
        (
            "op.create_foreign_key_two_phase('fk', 'orders', 'users', ['user_id'],"
            " ['id'], ondelete='CASCADE')"
        ),
    ),
    "validate": (
        ValidateConstraintOp("ck", "users"),
        "op.validate_constraint('ck', 'users')",
    ),
    "drop-constraint": (
        DropConstraintSafelyOp.from_stock(
            ops.DropConstraintOp("ck", "users", type_="check")
        ),
        "op.drop_constraint_safely('ck', 'users', type_='check')",
    ),
    "unique": (
        CreateUniqueConstraintConcurrentlyOp.from_stock(
            ops.CreateUniqueConstraintOp("uq", "users", ["email"], deferrable=True)
        ),
        (
            "op.create_unique_constraint_concurrently('uq', 'users', ['email'],"
            " deferrable=True)"
        ),
    ),
    "primary-key": (
        CreatePrimaryKeyConcurrentlyOp.from_stock(
            ops.CreatePrimaryKeyOp("pk", "users", ["id"])
        ),
        "op.create_primary_key_concurrently('pk', 'users', ['id'])",
    ),
    "enum": (
        AddEnumValueOp("mood", "it's", after="sad"),
        "op.add_enum_value('mood', \"it's\", after='sad')",
    ),
}


def line(operation, **prefixes):
    code = render_python_code(ops.UpgradeOps([operation]), **prefixes)
    (found,) = [part for part in code.splitlines() if "#" not in part]
    return found.strip()


@pytest.mark.parametrize("case", RENDERED)
def test_rendered_text(case):
    """The call as a person would write it."""
    operation, expected = RENDERED[case]

    assert line(operation) == expected


@pytest.mark.parametrize("case", RENDERED)
def test_prefixes_of_the_environment(case):
    """``alembic_module_prefix`` and ``sqlalchemy_module_prefix`` are followed."""
    operation, expected = RENDERED[case]

    text = line(
        operation, alembic_module_prefix="zdt.", sqlalchemy_module_prefix="sqla."
    )

    assert text == expected.replace("op.", "zdt.").replace("sa.", "sqla.")


@pytest.mark.parametrize("case", RENDERED)
def test_diff_tuple_names_the_directive(case):
    """What ``alembic check`` prints begins with the directive."""
    operation, expected = RENDERED[case]

    assert expected.startswith(f"op.{operation.to_diff_tuple()[0]}(")


def test_unnamed_constraints_of_models_are_refused():
    """A later step could not find them."""
    unnamed = ops.CreateForeignKeyOp(None, "orders", "users", ["user_id"], ["id"])
    with pytest.raises(UsageError, match='a constraint on "orders" has no name'):
        CreateForeignKeyTwoPhaseOp.from_stock(unnamed)
    with pytest.raises(UsageError, match='a constraint of "orders" has no name'):
        DropConstraintSafelyOp.from_stock(ops.DropConstraintOp(None, "orders"))


@pytest.mark.parametrize("case", ["drop-index", "drop-constraint", "enum"])
def test_what_cannot_be_reversed_says_so(case):
    """Instead of a downgrade that would guess."""
    operation, expected = RENDERED[case]

    with pytest.raises(IrreversibleOperationError, match="cannot reverse") as caught:
        operation.reverse()

    assert caught.value.primary == f"cannot reverse {expected}"


HOOK = """
from alembic.operations import ops as stock
import alembic_zdt.op
from alembic_zdt import registration
registration.register()
from alembic_zdt.operations.indexes.concurrent_index import CreateIndexConcurrentlyOp
from alembic_zdt.operations.constraints.foreign_key import CreateForeignKeyTwoPhaseOp
from alembic_zdt.operations.constraints.check_constraint import (
    CreateCheckConstraintTwoPhaseOp,
)
from alembic_zdt.operations.constraints.not_null import AddNotNullTwoPhaseOp
from alembic_zdt.operations.constraints.unique_constraint import (
    CreateUniqueConstraintConcurrentlyOp,
)
SAFE = {
    stock.CreateIndexOp: CreateIndexConcurrentlyOp,
    stock.CreateForeignKeyOp: CreateForeignKeyTwoPhaseOp,
    stock.CreateUniqueConstraintOp: CreateUniqueConstraintConcurrentlyOp,
}

def safe(operation):
    if isinstance(operation, stock.ModifyTableOps):
        operation.ops = [safe(inner) for inner in operation.ops]
        return operation
    if isinstance(operation, stock.AlterColumnOp):
        return AddNotNullTwoPhaseOp(operation.table_name, operation.column_name)
    known = SAFE.get(type(operation))
    return known.from_stock(operation) if known else operation

def hook(context, revision, directives):
    up = directives[0].upgrade_ops
    up.ops = [safe(operation) for operation in up.ops]
    directives[0].downgrade_ops = up.reverse()

"""
MODELS = """
metadata = sa.MetaData()
users = sa.Table(
    "users", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.UniqueConstraint("email", name="uq_users_email"),
)
sa.Index(
    "ix_users_name", sa.func.lower(users.c.name), users.c.id.desc(),
    postgresql_where=users.c.name != "50%",
)
orders = sa.Table(
    "orders", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "user_id", sa.Integer,
        sa.ForeignKey("users.id", name="fk_orders_user_id", ondelete="CASCADE"),
    ),
    sa.Index("ix_orders_user_id", "user_id"),
)
"""


def test_file_of_autogenerate_runs_up_and_down(db, project):
    """Generated with safe operations it runs, is complete, and goes back."""
    db.execute(
        "CREATE TABLE users (id int PRIMARY KEY, email text, name text);"
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int)"
    )
    project.models(MODELS)
    project.edit_env("import runpy", HOOK + "import runpy")
    project.edit_env(
        "target_metadata=target_metadata",
        "target_metadata=target_metadata, process_revision_directives=hook",
    )
    before = db.catalog()

    project.run("revision", "safe", autogenerate=True)
    (script,) = project.scripts()
    text = script.read_text().replace(
        "from alembic import op", "from alembic_zdt import op"
    )
    project.write(script, text)
    for name in (
        "create_index_concurrently",
        "create_unique_constraint_concurrently",
        "create_foreign_key_two_phase",
        "add_not_null_two_phase",
        "drop_not_null",
        "drop_constraint_safely",
        "drop_index_concurrently",
    ):
        assert f"op.{name}(" in text

    project.upgrade()
    project.run("check")
    project.downgrade()
    assert db.catalog() == before
