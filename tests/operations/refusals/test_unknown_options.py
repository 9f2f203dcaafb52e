"""Unknown options of directives: the nearest known one, in every form of the call."""

from __future__ import annotations

import inspect

import pytest
import sqlalchemy as sa
from alembic.operations import BatchOperations, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import PGDialect

from alembic_zdt import op, registration
from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES
from alembic_zdt.errors import UsageError

registration.register()


@pytest.fixture
def operations():
    """Return the object behind ``op``, without a database."""
    options = {"as_sql": True}
    return Operations(
        MigrationContext.configure(dialect_name="postgresql", opts=options)
    )


def refusal(call, *arguments, **options):
    with pytest.raises(UsageError) as caught:
        call(*arguments, **options)
    return caught.value


@pytest.mark.parametrize("name", [*DIRECTIVES, *ANNOTATIONS])
def test_every_directive_names_the_option_that_was_meant(operations, name):
    """For each argument that can be given by name, with one letter written twice."""
    call = getattr(operations, name)

    for known in inspect.signature(call).parameters:
        misspelled = known[:2] + known[1:]
        error = refusal(call, **{misspelled: "x"})
        assert error.primary == f'{name}() has no option "{misspelled}"'
        meant = f"op.{name}({known}='x')"
        assert error.hint == f'Did you mean "{known}"? Write {meant}.'
        assert (error.directive, error.unknown_options) == (name, [misspelled])


CALL = ("ix", "users", ["email"])
UNIQUE = "create_unique_constraint_concurrently"


@pytest.mark.parametrize(
    ("name", "options", "hint"),
    [
        pytest.param(
            "create_index_concurrently",
            {"where": "id > 1", "using": "gin"},
            'Did you mean "postgresql_where", "postgresql_using"? Write '
            "op.create_index_concurrently('ix', 'users', ['email'], "
            "postgresql_where='id > 1', postgresql_using='gin').",
            id="without-its-prefix",
        ),
        pytest.param(
            "create_index_concurrently",
            {"pg_where": "id > 1"},
            'Did you mean "postgresql_where"? Write op.create_index_concurrently('
            "'ix', 'users', ['email'], postgresql_where='id > 1').",
            id="another-prefix",
        ),
        pytest.param(
            "create_index_concurrently",
            {"unique": True, "unikue": True},
            "Write op.create_index_concurrently('ix', 'users', ['email'], "
            "unique=True).",
            id="of-one-that-is-given",
        ),
        pytest.param(
            UNIQUE,
            {"postgresql_where": "id > 1"},
            f"Write op.{UNIQUE}('ix', 'users', ['email']).",
            id="of-an-index-alone",
        ),
        pytest.param(
            "replace_index_concurrently",
            {"sqlite_where": "id > 1", "schema": "shop"},
            "Write op.replace_index_concurrently('ix', 'users', ['email'], "
            "schema='shop').",
            id="of-another-database",
        ),
    ],
)
def test_call_in_the_hint_has_known_options_only(operations, name, options, hint):
    """The nearest known one replaces the unknown one, or nothing does."""
    assert refusal(getattr(operations, name), *CALL, **options).hint == hint


def test_option_of_another_database_says_why(operations):
    """Alembic accepts it and ignores it; a directive runs on PostgreSQL only."""
    call = operations.create_unique_constraint_concurrently

    detail = refusal(call, *CALL, mysql_length=3).detail

    assert detail.startswith(
        "Directives run on PostgreSQL only, without mysql_length. "
        "create_unique_constraint_concurrently() takes "
    )


def test_type_in_the_hint_can_be_pasted(operations):
    """A type may be given as a class."""
    call = operations.expand_alter_column_type

    hint = refusal(call, "t", "c", sa.BigInteger, existing_tipe=sa.Integer).hint

    assert hint.endswith(
        "op.expand_alter_column_type('t', 'c', sa.BigInteger, "
        "existing_type=sa.Integer)."
    )


def test_batch_names_the_option_and_the_call_outside_of_it(operations):
    """In a batch the table is not among the arguments."""
    with operations.batch_alter_table("users", schema="shop") as batch:
        assert type(batch) is BatchOperations
        error = refusal(batch.create_index_concurrently, "ix", ["email"], unikue=True)

    assert error.hint == (
        'Did you mean "unique"? Write op.create_index_concurrently('
        "'ix', 'users', ['email'], unique=True, schema='shop')."
    )


def test_typed_op_names_the_option(operations):
    """``from alembic_zdt import op`` has the directives without Alembic's proxies."""
    with Operations.context(operations.migration_context):
        error = refusal(op.drop_not_null, "users", "email", schemo="shop")

    assert error.hint == (
        'Did you mean "schema"? Write op.drop_not_null('
        "'users', 'email', schema='shop')."
    )


@pytest.mark.parametrize(
    "name", ["create_index_concurrently", "replace_index_concurrently"]
)
def test_directive_has_every_option_of_an_index(name):
    """SQLAlchemy adds some now and then."""
    (known,) = (
        names for each, names in PGDialect.construct_arguments if each is sa.Index
    )
    left_out = {"invalid"}  # read from a database, never written

    options = {f"postgresql_{option}" for option in {*known} - left_out}

    assert options <= {*inspect.signature(getattr(Operations, name)).parameters}
