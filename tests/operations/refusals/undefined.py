"""Tables, columns, indexes and types that do not exist."""

from __future__ import annotations

from alembic_zdt.errors import UndefinedObjectError
from tests.operations.refusals.bad_input import BadInput

UNDEFINED = (
    BadInput(
        "index-table",
        'op.create_index_concurrently("ix", "user", ["email"])',
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.create_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "index-schema",
        'op.create_index_concurrently("ix", "users", ["email"], schema="nowhere")',
        UndefinedObjectError,
        'table "nowhere.users" does not exist',
        'There is no such relation in schema "nowhere".',
        "Correct the name or the schema.",
        instead='op.create_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "index-column",
        'op.create_index_concurrently("ix", "users", ["mail"])',
        UndefinedObjectError,
        'column "mail" of table "users" does not exist',
        "The table has id, email, name.",
        "Correct the column name.",
        instead='op.create_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "index-included-column",
        (
            'op.create_index_concurrently("ix", "users", ["email"], '
            'postgresql_include=["mail"])'
        ),
        UndefinedObjectError,
        'column "mail" of table "users" does not exist',
        "The table has id, email, name.",
        "Correct the column name.",
        cure=("ALTER TABLE users ADD mail text",),
    ),
    BadInput(
        "index-column-in-an-expression",
        'op.create_index_concurrently("ix", "users", [sa.text("lower(mail)")])',
        UndefinedObjectError,
        'could not build index "ix": column "mail" does not exist',
        "SQLSTATE 42703.",
        (
            "Correct the name, then run the same command again; finished steps are "
            "skipped."
        ),
        cure=("ALTER TABLE users ADD mail text",),
    ),
    BadInput(
        "index-method",
        (
            'op.create_index_concurrently("ix", "users", ["email"], '
            'postgresql_using="tree")'
        ),
        UndefinedObjectError,
        'could not build index "ix": access method "tree" does not exist',
        "SQLSTATE 42704.",
        (
            "Correct the name, then run the same command again; finished steps are "
            "skipped."
        ),
        instead=(
            'op.create_index_concurrently("ix", "users", ["email"], '
            'postgresql_using="btree")'
        ),
    ),
    BadInput(
        "drop-index-table",
        'op.drop_index_concurrently("ix", "user")',
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.drop_index_concurrently("ix", "users", if_exists=True)',
    ),
    BadInput(
        "reindex-index",
        'op.reindex_concurrently("ix")',
        UndefinedObjectError,
        'index "ix" does not exist',
        "No index of that name is visible.",
        "Correct the name, or pass schema=.",
        cure=("CREATE INDEX ix ON users (email)",),
    ),
    BadInput(
        "reindex-table",
        'op.reindex_concurrently(table_name="user")',
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.reindex_concurrently(table_name="users")',
    ),
    BadInput(
        "replace-index-table",
        'op.replace_index_concurrently("ix", "user", ["email"])',
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.replace_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "not-null-table",
        'op.add_not_null_two_phase("user", "email")',
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.add_not_null_two_phase("users", "email")',
    ),
    BadInput(
        "not-null-column",
        'op.add_not_null_two_phase("users", "mail")',
        UndefinedObjectError,
        'column "mail" of table "users" does not exist',
        "The table has id, email, name.",
        "Correct the column name.",
        instead='op.add_not_null_two_phase("users", "email")',
    ),
    BadInput(
        "drop-not-null-table",
        'op.drop_not_null("user", "email")',
        UndefinedObjectError,
        'table "user" does not exist',
        "No relation of that name is visible in the search_path.",
        "Correct the name, or pass schema=.",
        instead='op.drop_not_null("users", "email")',
    ),
    BadInput(
        "drop-not-null-column",
        'op.drop_not_null("users", "mail")',
        UndefinedObjectError,
        'column "mail" of table "users" does not exist',
        "The table has id, email, name.",
        "Correct the column name.",
        instead='op.drop_not_null("users", "email")',
    ),
    BadInput(
        "alter-column",
        'op.alter_column_safely("users", "mail", server_default="x")',
        UndefinedObjectError,
        'column "mail" of table "users" does not exist',
        "The table has id, email, name.",
        "Correct the column name.",
        instead='op.alter_column_safely("users", "email", server_default="x")',
    ),
    BadInput(
        "rename-index",
        'op.rename_index_safely("ix", "ix2")',
        UndefinedObjectError,
        'index "ix" does not exist',
        'There is no index "ix2" either.',
        "Correct the name or the schema.",
        cure=("CREATE INDEX ix ON users (email)",),
    ),
    BadInput(
        "rename-constraint",
        'op.rename_constraint_safely("uq", "users", "uq2")',
        UndefinedObjectError,
        'constraint "uq" of "users" does not exist',
        'The table has no constraint "uq2" either.',
        "Correct the name.",
        cure=("ALTER TABLE users ADD CONSTRAINT uq UNIQUE (email)",),
    ),
    BadInput(
        "enum-type",
        'op.add_enum_value("moods", "fine")',
        UndefinedObjectError,
        'enum type "moods" does not exist',
        "No enum type of that name is visible.",
        "Correct the name, or pass schema=.",
        instead='op.add_enum_value("mood", "fine")',
    ),
    BadInput(
        "enum-neighbour",
        'op.add_enum_value("mood", "fine", after="bad")',
        UndefinedObjectError,
        'enum type "mood" has no value "bad"',
        "It has sad, happy.",
        "Correct before= or after=.",
        instead='op.add_enum_value("mood", "fine", after="sad")',
    ),
)
