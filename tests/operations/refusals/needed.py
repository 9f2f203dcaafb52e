"""Objects that others need."""

from __future__ import annotations

from alembic_zdt.errors import DependentObjectsError
from tests.operations.refusals.bad_input import BadInput

NEEDED = (
    BadInput(
        "drop-index-of-a-constraint",
        'op.drop_index_concurrently("users_pkey", "users")',
        DependentObjectsError,
        (
            'cannot drop index "users_pkey": constraint "users_pkey" on '
            '"<schema>.users" needs it'
        ),
        "An index that backs a constraint goes with the constraint.",
        "Write op.drop_constraint_safely('users_pkey', 'users').",
        instead='op.drop_constraint_safely("users_pkey", "users")',
    ),
    BadInput(
        "replace-index-of-a-constraint",
        'op.replace_index_concurrently("users_pkey", "users", ["email"])',
        DependentObjectsError,
        'cannot replace index "users_pkey": constraint "users_pkey" needs it',
        "An index that backs a constraint goes with the constraint.",
        (
            "Create a second constraint from a new index, then drop the old one with "
            "op.drop_constraint_safely('users_pkey', 'users')."
        ),
        instead="pass",
    ),
    BadInput(
        "drop-key-that-a-foreign-key-needs",
        'op.drop_constraint_safely("users_pkey", "users", "primary")',
        DependentObjectsError,
        ('cannot drop constraint "users_pkey" of "users": other objects depend on it'),
        (
            "cannot drop constraint users_pkey on table users because other objects "
            "depend on it. constraint fk on table orders depends on index users_pkey."
        ),
        "First change or drop those objects, each in a step of its own.",
        setup=(
            (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES "
                "users"
            ),
        ),
        instead=(
            'op.drop_constraint_safely("fk", "orders")\n'
            'op.drop_constraint_safely("users_pkey", "users")'
        ),
    ),
    BadInput(
        "drop-unique-that-a-foreign-key-needs",
        'op.drop_constraint_safely("uq", "users", "unique")',
        DependentObjectsError,
        'cannot drop constraint "uq" of "users": other objects depend on it',
        (
            "cannot drop constraint uq on table users because other objects depend "
            "on it. constraint fk on table orders depends on index uq."
        ),
        "First change or drop those objects, each in a step of its own.",
        setup=(
            "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (email)",
            "ALTER TABLE orders ADD email text CONSTRAINT fk REFERENCES users (email)",
        ),
        instead=(
            'op.drop_constraint_safely("fk", "orders")\n'
            'op.drop_constraint_safely("uq", "users")'
        ),
    ),
    BadInput(
        "drop-not-null-of-a-key",
        'op.drop_not_null("users", "id")',
        DependentObjectsError,
        'cannot drop NOT NULL of "users.id"',
        'The server reported: column "id" is in a primary key.',
        (
            "First drop what needs NOT NULL, for example the primary key, with "
            "op.drop_constraint_safely()."
        ),
        cure=("ALTER TABLE users DROP CONSTRAINT users_pkey",),
    ),
)
