"""One case per shape of a directive: what is there, what is run, and the way back."""

from __future__ import annotations

from tests.operations.case import PARTITIONED, SHOP, Case
from tests.operations.workflow_cases import WORKFLOWS

MOOD = "CREATE TYPE mood AS ENUM ('sad', 'happy')"


def _valid(index: str) -> str:
    return (
        "(SELECT indisvalid AND indisready FROM pg_index"
        f" WHERE indexrelid = to_regclass('{index}'))"
    )


def _validated(constraint: str) -> str:
    return (
        "(SELECT bool_and(convalidated) FROM pg_constraint"
        f" WHERE conname = '{constraint}')"
    )


def _not_null(table: str, column: str) -> str:
    return (
        "(SELECT attnotnull FROM pg_attribute WHERE attrelid ="
        f" to_regclass('{table}') AND attname = '{column}')"
    )


CASES = (
    Case(
        "index",
        'op.create_index_concurrently("ix_users_email", "users", ["email"])',
        'op.drop_index_concurrently("ix_users_email", "users")',
        _valid("ix_users_email"),
    ),
    Case(
        "index-with-everything",
        """op.create_index_concurrently(
            "ix_users_all", "users",
            [sa.text("lower(email) text_pattern_ops DESC"), "name"],
            unique=True, postgresql_include=["id"], postgresql_using="btree",
            postgresql_where=sa.text("name <> '50%'"),
            postgresql_with={"fillfactor": 70}, postgresql_tablespace="pg_default",
        )""",
        'op.drop_index_concurrently("ix_users_all")',
        _valid("ix_users_all"),
    ),
    Case(
        "index-gin",
        """op.create_index_concurrently(
            "ix_users_gin", "users", [sa.text("to_tsvector('simple', name)")],
            postgresql_using="gin",
        )""",
        'op.drop_index_concurrently("ix_users_gin", "users")',
        _valid("ix_users_gin"),
    ),
    Case(
        "index-partitioned",
        'op.create_index_concurrently("ix_events_body", "events", ["body"])',
        'op.drop_index_concurrently("ix_events_body", "events")',
        _valid("ix_events_body"),
        PARTITIONED,
    ),
    Case(
        "reindex-index",
        'op.reindex_concurrently("users_pkey")',
        "pass",
        _valid("users_pkey"),
    ),
    Case(
        "reindex-table",
        'op.reindex_concurrently(table_name="users")',
        "pass",
        _valid("users_pkey"),
    ),
    Case(
        "replace-index",
        'op.replace_index_concurrently("ix_users_name", "users", ["name", "id"])',
        'op.replace_index_concurrently("ix_users_name", "users", ["name"])',
        "pg_get_indexdef(to_regclass('ix_users_name')) LIKE '%(name, id)'",
        (*SHOP, "CREATE INDEX ix_users_name ON users (name)"),
    ),
    Case(
        "not-null",
        'op.add_not_null_two_phase("users", "email")',
        'op.drop_not_null("users", "email")',
        _not_null("users", "email"),
    ),
    Case(
        "not-null-partitioned",
        'op.add_not_null_two_phase("events", "body")',
        'op.drop_not_null("events", "body")',
        _not_null("events_2b", "body"),
        PARTITIONED,
    ),
    Case(
        "check",
        """op.create_check_constraint_two_phase(
            "ck_orders_total", "orders", "total >= 0"
        )""",
        'op.drop_constraint_safely("ck_orders_total", "orders", "check")',
        _validated("ck_orders_total"),
    ),
    Case(
        "check-construct",
        """op.create_check_constraint_two_phase(
            "ck_users_email", "users", sa.column("email").like("%@%")
        )""",
        'op.drop_constraint_safely("ck_users_email", "users")',
        _validated("ck_users_email"),
    ),
    Case(
        "check-partitioned",
        'op.create_check_constraint_two_phase("ck_events", "events", "id > 0")',
        'op.drop_constraint_safely("ck_events", "events", "check")',
        _validated("ck_events"),
        PARTITIONED,
    ),
    Case(
        "check-then-validate",
        'op.create_check_constraint_two_phase("ck_orders_total", "orders",'
        ' "total >= 0", validate=False)\n'
        'op.validate_constraint("ck_orders_total", "orders")',
        'op.drop_constraint_safely("ck_orders_total", "orders", "check")',
        _validated("ck_orders_total"),
    ),
    Case(
        "foreign-key",
        """op.create_foreign_key_two_phase(
            "fk_orders_user_id", "orders", "users", ["user_id"], ["id"],
            ondelete="SET NULL", onupdate="CASCADE",
            deferrable=True, initially="DEFERRED",
        )""",
        'op.drop_constraint_safely("fk_orders_user_id", "orders", "foreignkey")',
        _validated("fk_orders_user_id"),
    ),
    Case(
        "foreign-key-from-partitioned",
        """op.create_foreign_key_two_phase(
            "fk_events_user_id", "events", "users", ["user_id"], ["id"])""",
        'op.drop_constraint_safely("fk_events_user_id", "events", "foreignkey")',
        _validated("fk_events_user_id"),
        (*SHOP, *PARTITIONED),
    ),
    Case(
        "unique",
        """op.create_unique_constraint_concurrently(
            "uq_users_email", "users", ["email"], deferrable=True, initially="DEFERRED"
        )""",
        'op.drop_constraint_safely("uq_users_email", "users", "unique")',
        _valid("uq_users_email"),
    ),
    Case(
        "primary-key",
        'op.create_primary_key_concurrently("tags_pkey", "tags", ["tag", "user_id"])',
        'op.drop_constraint_safely("tags_pkey", "tags", "primary")\n'
        'op.drop_not_null("tags", "tag")\n'
        'op.drop_not_null("tags", "user_id")',
        _valid("tags_pkey"),
        (
            "CREATE TABLE tags (tag text, user_id int)",
            "INSERT INTO tags VALUES ('a', 1)",
        ),
    ),
    *WORKFLOWS,
    Case(
        "alter-default",
        'op.alter_column_safely("users", "name", server_default=sa.literal("nobody"))',
        'op.alter_column_safely("users", "name", server_default=None)',
        "(SELECT pg_get_expr(adbin, adrelid) = $$'nobody'::text$$ FROM pg_attrdef"
        " WHERE adrelid = to_regclass('users'))",
    ),
    Case(
        "alter-type-stored-alike",
        """op.alter_column_safely(
            "people", "nick", type_=sa.Text(), existing_type=sa.String(50)
        )""",
        """op.alter_column_safely(
            "people", "nick", type_=sa.String(50), existing_type=sa.Text()
        )""",
        "(SELECT atttypid = 'text'::regtype FROM pg_attribute"
        " WHERE attrelid = to_regclass('people') AND attname = 'nick')",
        (
            "CREATE TABLE people (id int PRIMARY KEY, nick varchar(50) DEFAULT 'x')",
            "INSERT INTO people SELECT n FROM generate_series(1, 20) n",
        ),
    ),
    Case(
        "rename-index",
        'op.rename_index_safely("ix_users_mail", "ix_users_email")',
        'op.rename_index_safely("ix_users_email", "ix_users_mail")',
        _valid("ix_users_email"),
        (*SHOP, "CREATE INDEX ix_users_mail ON users (email)"),
    ),
    Case(
        "rename-constraint",
        'op.rename_constraint_safely("uq_mail", "users", "uq_email")',
        'op.rename_constraint_safely("uq_email", "users", "uq_mail")',
        _valid("uq_email"),
        (*SHOP, "ALTER TABLE users ADD CONSTRAINT uq_mail UNIQUE (email)"),
    ),
    Case(
        "enum-value",
        'op.add_enum_value("mood", "fine", after="sad")',
        "pass",
        "(SELECT array_agg(enumlabel ORDER BY enumsortorder)::text = '{sad,fine,happy}'"
        " FROM pg_enum WHERE enumtypid = to_regtype('mood'))",
        (MOOD,),
        traceless=False,
    ),
)
