"""Calls that cannot work, and objects of the wrong kind."""

from __future__ import annotations

from alembic_zdt.errors import (
    PreconditionError,
    StatementFailedError,
    UsageError,
    WrongObjectTypeError,
)
from tests.operations.refusals.bad_input import BadInput

UNFIT = (
    BadInput(
        "index-columns-are-a-text",
        'op.create_index_concurrently("ix", "users", "email")',
        UsageError,
        'columns="email" for "users" is a text, not a list',
        "Each of its letters would count as a column.",
        'Write ["email"].',
        instead='op.create_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "index-without-columns",
        'op.create_index_concurrently("ix", "users", [])',
        UsageError,
        'columns for "users" is empty',
        "An index or a constraint needs at least one column.",
        "Name the columns.",
        instead='op.create_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "unique-unknown-timing",
        (
            'op.create_unique_constraint_concurrently("uq", "users", ["email"], '
            'initially="LATER")'
        ),
        UsageError,
        'constraint "uq" cannot have initially="LATER"',
        "PostgreSQL knows DEFERRED, IMMEDIATE.",
        "Write one of these values, or remove initially=.",
        instead=(
            'op.create_unique_constraint_concurrently("uq", "users", ["email"], '
            'initially="deferred")'
        ),
    ),
    BadInput(
        "unique-contradictory-timing",
        (
            'op.create_unique_constraint_concurrently("uq", "users", ["email"], '
            'deferrable=False, initially="DEFERRED")'
        ),
        UsageError,
        'constraint "uq" cannot be initially deferred and not deferrable',
        'deferrable=False and initially="DEFERRED" were given.',
        "Write deferrable=True, or remove initially.",
        instead=(
            'op.create_unique_constraint_concurrently("uq", "users", ["email"], '
            'deferrable=True, initially="DEFERRED")'
        ),
    ),
    BadInput(
        "foreign-key-uneven-columns",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id", '
            '"id"], ["id"])'
        ),
        UsageError,
        'foreign key from "orders" to "users": 2 columns cannot refer to 1',
        "local_cols has user_id, id; remote_cols has id.",
        "Name one column of the parent for each column of the child.",
        instead=(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"])'
        ),
    ),
    BadInput(
        "foreign-key-unknown-action",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"], ondelete="NULLIFY")'
        ),
        UsageError,
        'foreign key "fk" cannot have ondelete="NULLIFY"',
        "PostgreSQL knows NO ACTION, RESTRICT, CASCADE, SET NULL, SET DEFAULT.",
        "Write one of these values, or remove ondelete=.",
        instead=(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"], ondelete="set null")'
        ),
    ),
    BadInput(
        "foreign-key-narrow-column",
        ('op.create_foreign_key_two_phase("fk", "orders", "big", ["user_id"], ["id"])'),
        PreconditionError,
        (
            'column "orders.user_id" is integer, but it refers to "big.id", which is '
            "bigint"
        ),
        "Keys beyond the range of integer could never be referred to.",
        "Change the type of the child's column to bigint first.",
        setup=(
            "CREATE TABLE big (id bigint PRIMARY KEY)",
            "UPDATE orders SET user_id = NULL",
        ),
        cure=("ALTER TABLE orders ALTER user_id TYPE bigint",),
    ),
    BadInput(
        "foreign-key-between-other-types",
        'op.create_foreign_key_two_phase("fk", "orders", "users", ["word"], ["id"])',
        PreconditionError,
        ('column "orders.word" is text, but it refers to "users.id", which is integer'),
        "PostgreSQL cannot compare the two for a foreign key.",
        "Change the type of the child's column to integer first.",
        setup=("ALTER TABLE orders ADD word text",),
        cure=("ALTER TABLE orders ALTER word TYPE int USING word::int",),
    ),
    BadInput(
        "foreign-key-to-a-column-that-is-no-key",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["number"])'
        ),
        StatementFailedError,
        (
            'could not add foreign key "fk" to "orders" as NOT VALID: there is no '
            'unique constraint matching given keys for referenced table "users"'
        ),
        "SQLSTATE 42830.",
        (
            "Correct the cause, then run the same command again; finished steps are "
            "skipped."
        ),
        setup=(
            "ALTER TABLE users ADD number int",
            "UPDATE users SET number = id",
        ),
        cure=("ALTER TABLE users ADD UNIQUE (number)",),
    ),
    BadInput(
        "reindex-nothing",
        "op.reindex_concurrently()",
        UsageError,
        "reindex_concurrently() needs an index or a table",
        "Neither index_name nor table_name was given.",
        (
            'Write op.reindex_concurrently("ix_orders_user_id") or '
            'op.reindex_concurrently(table_name="orders").'
        ),
        instead='op.reindex_concurrently(table_name="users")',
    ),
    BadInput(
        "alter-nothing",
        'op.alter_column_safely("users", "email")',
        UsageError,
        'nothing to change in "users.email"',
        "Neither type_ nor server_default was given.",
        "Pass one of them.",
        instead='op.alter_column_safely("users", "email", server_default="x")',
    ),
    BadInput(
        "alter-to-an-identity",
        'op.alter_column_safely("users", "id", server_default=sa.Identity())',
        UsageError,
        'the default of "users.id" is an identity or a generated value',
        "A change from or to such a column changes its values, too.",
        (
            "Write op.alter_column('users', 'id', server_default=sa.Identity()) where "
            "no code uses the table."
        ),
        instead='op.alter_column_safely("users", "id", server_default="7")',
    ),
    BadInput(
        "alter-default-of-another-type",
        'op.alter_column_safely("users", "id", server_default="x")',
        UsageError,
        'cannot change the default of "users.id"',
        'The server reported: invalid input syntax for type integer: "x".',
        "Correct the type or the default.",
        instead='op.alter_column_safely("users", "id", server_default="7")',
    ),
    BadInput(
        "enum-both-places",
        'op.add_enum_value("mood", "fine", before="happy", after="sad")',
        UsageError,
        'cannot add "fine" to "mood" both before and after',
        'before="happy" and after="sad" were given.',
        (
            "Leave one of them out: op.add_enum_value('mood', 'fine', before='happy'), "
            "or op.add_enum_value('mood', 'fine', after='sad')."
        ),
        instead='op.add_enum_value("mood", "fine", after="sad")',
    ),
    BadInput(
        "drop-index-of-a-table",
        'op.drop_index_concurrently("users")',
        WrongObjectTypeError,
        '"users" is another object than the one to drop',
        "There is users, which is no index. Wanted: an index.",
        "Correct the name of the index or of its table.",
        instead="pass",
    ),
)
