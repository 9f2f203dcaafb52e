"""One case per shape of a directive: what is there, what is run, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.workflows import renaming, retyping

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, name text)"
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int)"
FILLED = (
    "INSERT INTO users SELECT n, 'u' || n || '@example.com', 'name ' || n"
    " FROM generate_series(1, 100) n"
)
ORDERED = "INSERT INTO orders SELECT n, n, n FROM generate_series(1, 100) n"
SHOP = (USERS, ORDERS, FILLED, ORDERED)
PARTITIONED = (
    (
        "CREATE TABLE events (id int NOT NULL, user_id int, body text)"
        " PARTITION BY RANGE (id)"
    ),
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (50)",
    (
        "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (50) TO (200)"
        " PARTITION BY RANGE (id)"
    ),
    "CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES FROM (50) TO (90)",
    "CREATE TABLE events_2b PARTITION OF events_2 FOR VALUES FROM (90) TO (200)",
    "INSERT INTO events SELECT n, n, 'b' FROM generate_series(1, 100) n",
)
MOOD = "CREATE TYPE mood AS ENUM ('sad', 'happy')"


@dataclass(frozen=True)
class Case:
    """A directive and its way back, on a small shop.

    Attributes:
        id: for pytest.
        upgrade: the call under test.
        downgrade: what undoes it.
        setup: the tables before.
        holds: an SQL expression that is true after the upgrade.
        traceless: whether the downgrade restores the catalog exactly.
        offline: whether a script can do it, too.
        is_long: whether it makes dozens of changes.
    """

    id: str
    upgrade: str
    downgrade: str
    holds: str
    setup: tuple[str, ...] = SHOP
    traceless: bool = True
    offline: bool = True
    pg: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
    is_long: bool = False


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


def _columns_are(table: str, *columns: str) -> str:
    return (
        "(SELECT array_agg(attname::text ORDER BY attname)::text FROM pg_attribute"
        f" WHERE attrelid = to_regclass('{table}') AND attnum > 0"
        f" AND NOT attisdropped) = '{{{','.join(sorted(columns))}}}'"
    )


def _is_of(table: str, column: str, type_: str) -> str:
    return (
        "EXISTS (SELECT FROM pg_attribute WHERE attrelid ="
        f" to_regclass('{table}') AND attname = '{column}'"
        f" AND atttypid = '{type_}'::regtype)"
    )


_NAMED = 'new_column_name="price", using="total::text", reverse_using="price::int"'
_UNNAMED = 'new_column_name="total", using="price::int", reverse_using="total::text"'


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
    Case(
        "rename-column-expand",
        'op.expand_rename_column("users", "email", "mail", on_conflict="error")',
        'op.contract_rename_column("users", "mail", "email")',
        _columns_are("users", "id", "email", "mail", "name"),
        # Nobody knows the type offline, so the values are compared in another way.
        offline=False,
    ),
    Case(
        "rename-column",
        renaming("users", "email", "mail"),
        renaming("users", "mail", "email"),
        _columns_are("users", "id", "mail", "name"),
        is_long=True,
    ),
    Case(
        "rename-column-partitioned",
        renaming("events", "body", "text"),
        renaming("events", "text", "body"),
        _columns_are("events_2b", "id", "user_id", "text"),
        PARTITIONED,
        is_long=True,
    ),
    Case(
        "column-type",
        retyping("orders", "total", "sa.BigInteger()", "existing_type=sa.Integer()"),
        retyping("orders", "total", "sa.Integer()", "existing_type=sa.BigInteger()"),
        _is_of("orders", "total", "bigint"),
        (
            *SHOP,
            "ALTER TABLE orders ALTER total SET NOT NULL",
            "CREATE UNIQUE INDEX ix_orders_total ON orders (total, id)",
        ),
        offline=False,
        is_long=True,
    ),
    Case(
        "column-type-by-name",
        retyping(
            "orders", "total", "sa.Text()", f"{_NAMED}, existing_type=sa.Integer()"
        ),
        retyping(
            "orders", "price", "sa.Integer()", f"{_UNNAMED}, existing_type=sa.Text()"
        ),
        _is_of("orders", "price", "text"),
        is_long=True,
    ),
    Case(
        "add-column",
        'op.expand_add_column("users", sa.Column("rank", sa.Integer(), nullable=False,'
        ' server_default="0"), backfill="id")',
        'op.contract_drop_column("users", "rank")',
        _is_of("users", "rank", "int"),
        is_long=True,
    ),
    Case(
        "add-column-constant",
        'op.expand_add_column("users", sa.Column("rank", sa.Integer(), nullable=False,'
        ' server_default="0", comment="from 0 on"))',
        'op.contract_drop_column("users", "rank")',
        _is_of("users", "rank", "int"),
    ),
    Case(
        "drop-column",
        'op.expand_drop_column("orders", "user_id")\n'
        'op.contract_drop_column("orders", "user_id")',
        "pass",
        _columns_are("orders", "id", "total"),
        (
            *SHOP,
            "ALTER TABLE orders ALTER user_id SET NOT NULL",
            "CREATE INDEX ON orders (user_id)",
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users",
        ),
        traceless=False,
        offline=False,
    ),
    Case(
        "drop-table",
        'op.contract_drop_table("orders")',
        "pass",
        "to_regclass('orders') IS NULL",
        (
            *SHOP,
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users",
        ),
        traceless=False,
        offline=False,
    ),
    Case(
        "rename-table",
        'op.expand_rename_table("orders", "purchases")\n'
        'op.contract_rename_table("orders", "purchases")',
        'op.expand_rename_table("purchases", "orders")\n'
        'op.contract_rename_table("purchases", "orders")',
        "to_regclass('orders') IS NULL AND to_regclass('purchases') IS NOT NULL",
    ),
    Case(
        "rename-table-expand",
        'op.expand_rename_table("users", "people")',
        'op.contract_rename_table("people", "users")',
        "(SELECT relkind = 'v' FROM pg_class WHERE oid = to_regclass('users'))",
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
