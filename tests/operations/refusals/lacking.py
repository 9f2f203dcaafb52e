"""What a constraint needs and does not exist."""

from __future__ import annotations

from alembic_zdt.errors import UndefinedObjectError
from tests.operations.refusals.bad_input import BadInput

LACKING = (
    BadInput(
        "check-table",
        'op.create_check_constraint_two_phase("ck", "order", "total > 0")',
        UndefinedObjectError,
        'table "order" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.create_check_constraint_two_phase("ck", "orders", "total > 0")',
    ),
    BadInput(
        "check-column",
        'op.create_check_constraint_two_phase("ck", "orders", "totl > 0")',
        UndefinedObjectError,
        (
            'could not create check constraint "ck" on "orders": column "totl" does '
            "not exist"
        ),
        "SQLSTATE 42703.",
        (
            "Correct the name, then run the same command again; finished steps are "
            "skipped."
        ),
        instead='op.create_check_constraint_two_phase("ck", "orders", "total > 0")',
    ),
    BadInput(
        "foreign-key-child",
        (
            'op.create_foreign_key_two_phase("fk", "order", "users", ["user_id"], '
            '["id"])'
        ),
        UndefinedObjectError,
        'table "order" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead=(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"])'
        ),
    ),
    BadInput(
        "foreign-key-parent",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "user", ["user_id"], '
            '["id"])'
        ),
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead=(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"])'
        ),
    ),
    BadInput(
        "foreign-key-column",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["userid"], '
            '["id"])'
        ),
        UndefinedObjectError,
        'column "userid" of table "orders" does not exist',
        "The table has id, user_id, total.",
        "Correct the column name.",
        instead=(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"])'
        ),
    ),
    BadInput(
        "foreign-key-referred-column",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["key"])'
        ),
        UndefinedObjectError,
        'column "key" of table "users" does not exist',
        "The table has id, email, name.",
        "Correct the column name.",
        instead=(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"])'
        ),
    ),
    BadInput(
        "validate-table",
        'op.validate_constraint("ck", "order")',
        UndefinedObjectError,
        'table "order" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead="pass",
    ),
    BadInput(
        "validate-constraint",
        'op.validate_constraint("ck", "orders")',
        UndefinedObjectError,
        'constraint "ck" of table "orders" does not exist',
        "There is nothing to validate.",
        (
            "Correct the name, or first create the constraint, for example with "
            "op.create_check_constraint_two_phase() and validate=False."
        ),
        cure=("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total > 0) NOT VALID",),
    ),
    BadInput(
        "drop-constraint-table",
        'op.drop_constraint_safely("ck", "order")',
        UndefinedObjectError,
        'table "order" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.drop_constraint_safely("ck", "orders", if_exists=True)',
    ),
    BadInput(
        "unique-table",
        'op.create_unique_constraint_concurrently("uq", "user", ["email"])',
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.create_unique_constraint_concurrently("uq", "users", ["email"])',
    ),
    BadInput(
        "unique-column",
        'op.create_unique_constraint_concurrently("uq", "users", ["mail"])',
        UndefinedObjectError,
        'column "mail" of table "users" does not exist',
        "The table has id, email, name.",
        "Correct the column name.",
        instead='op.create_unique_constraint_concurrently("uq", "users", ["email"])',
    ),
    BadInput(
        "primary-key-table",
        'op.create_primary_key_concurrently("pk", "tag", ["tag"])',
        UndefinedObjectError,
        'table "tag" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.create_primary_key_concurrently("pk", "tags", ["tag"])',
    ),
    BadInput(
        "primary-key-column",
        'op.create_primary_key_concurrently("pk", "tags", ["name"])',
        UndefinedObjectError,
        'column "name" of table "tags" does not exist',
        "The table has tag.",
        "Correct the column name.",
        instead='op.create_primary_key_concurrently("pk", "tags", ["tag"])',
    ),
)
