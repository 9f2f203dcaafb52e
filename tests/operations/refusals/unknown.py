"""Options that a directive does not have."""

from __future__ import annotations

from alembic_zdt.errors import UsageError
from tests.operations.refusals.bad_input import BadInput

INDEX = (
    "index_name, table_name, columns, schema, unique, postgresql_include, "
    "postgresql_nulls_not_distinct, postgresql_ops, postgresql_tablespace, "
    "postgresql_using, postgresql_where, postgresql_with, if_not_exists, "
    "postgresql_concurrently, mode, window, approve"
)

UNKNOWN = (
    BadInput(
        "unknown-option",
        'op.create_index_concurrently("ix", "users", ["email"], unikue=True)',
        UsageError,
        'create_index_concurrently() has no option "unikue"',
        f"create_index_concurrently() takes {INDEX}.",
        (
            'Did you mean "unique"? Write op.create_index_concurrently('
            "'ix', 'users', ['email'], unique=True)."
        ),
        instead="op.create_index_concurrently('ix', 'users', ['email'], unique=True)",
    ),
    BadInput(
        "unknown-option-of-a-later-call",
        (
            'op.drop_not_null("users", "id2")\n'
            'op.drop_index_concurrently("ix", postgresql_concurrently=True)'
        ),
        UsageError,
        'drop_index_concurrently() has no option "postgresql_concurrently"',
        (
            "drop_index_concurrently() takes index_name, table_name, schema, "
            "if_exists, mode, window, approve."
        ),
        "Write op.drop_index_concurrently('ix').",
        setup=(
            "ALTER TABLE users ADD id2 int NOT NULL DEFAULT 1",
            "CREATE INDEX ix ON users (name)",
        ),
        instead=(
            'op.drop_not_null("users", "id2")\nop.drop_index_concurrently(\'ix\')'
        ),
    ),
)
