"""The cases of more than one phase, and of their single phases."""

from __future__ import annotations

from tests.operations.case import PARTITIONED, SHOP, Case
from tests.support.workflows import renaming, renaming_value, retyping


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


_HAPPY = (
    'existing_type=sa.Enum("sad", "happy", name="mood"), new_column_name="temper",'
    ' new_enum_name="temper_of"'
)
_GLAD = (
    'existing_type=sa.Enum("sad", "glad", name="temper_of"), new_column_name="mood",'
    ' new_enum_name="mood"'
)

_OLD_NAME = (
    "CREATE VIEW buyers AS SELECT * FROM users",
    "COMMENT ON RULE \"_RETURN\" ON buyers IS 'alembic_zdt: the old name of users'",
)
WORKFLOWS = (
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
    ),
    Case(
        "rename-column-indexed",
        renaming("orders", "total", "price"),
        renaming("orders", "price", "total"),
        _columns_are("orders", "id", "price", "user_id"),
        (
            *SHOP,
            "CREATE UNIQUE INDEX ix_orders_total ON orders (total, id)",
            "CREATE INDEX ix_orders_half ON orders ((total / 2))",
            "ALTER INDEX ix_orders_half ALTER COLUMN 1 SET STATISTICS 300",
            "CREATE STATISTICS st_orders ON total, id FROM orders",
            "ALTER STATISTICS st_orders SET STATISTICS 200",
        ),
        # A script does not know the indexes.
        offline=False,
    ),
    Case(
        "rename-column-partitioned",
        renaming("events", "body", "text"),
        renaming("events", "text", "body"),
        _columns_are("events_2b", "id", "user_id", "text"),
        PARTITIONED,
    ),
    Case(
        "rename-column-by-view",
        renaming("users", "email", "mail", 'strategy="view"'),
        renaming("users", "mail", "email", 'strategy="view"'),
        _columns_are("users", "id", "mail", "name"),
    ),
    Case(
        "rename-column-by-view-expand",
        'op.expand_rename_column("users", "email", "mail", strategy="view")',
        'op.contract_rename_column("users", "mail", "email", strategy="view")',
        "(SELECT relkind = 'v' FROM pg_class WHERE oid = to_regclass('users'))",
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
            "CREATE STATISTICS st_orders ON total, id FROM orders",
        ),
        offline=False,
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
    ),
    Case(
        "add-column",
        'op.expand_add_column("users", sa.Column("rank", sa.Integer(), nullable=False,'
        ' server_default="0"), backfill="id")',
        'op.contract_drop_column("users", "rank")',
        _is_of("users", "rank", "int"),
    ),
    Case(
        "add-column-constant",
        'op.expand_add_column("users", sa.Column("rank", sa.Integer(), nullable=False,'
        ' server_default="0", comment="from 0 on"))',
        'op.contract_drop_column("users", "rank")',
        _is_of("users", "rank", "int"),
    ),
    Case(
        "add-column-enum",
        'op.expand_add_column("users", sa.Column("mood", sa.Enum("sad", name="mood")))',
        'op.contract_drop_column("users", "mood")',
        _is_of("users", "mood", "mood"),
        traceless=False,
    ),
    Case(
        "add-column-identity",
        'op.expand_add_column("users", sa.Column("rank", sa.Integer(), sa.Identity()))',
        'op.contract_drop_column("users", "rank")',
        "EXISTS (SELECT FROM pg_attribute WHERE attname = 'rank' AND attidentity = 'd')"
        " AND (SELECT count(DISTINCT rank) = count(*) FROM users)"
        " AND (SELECT last_value >= 20 AND is_called FROM users_rank_seq)",
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
        "rename-table-contract-taken-back",
        'op.expand_rename_table("buyers", "users", view_only=True)',
        'op.contract_rename_table("buyers", "users")',
        "(SELECT relkind = 'v' FROM pg_class WHERE oid = to_regclass('buyers'))",
    ),
    Case(
        "drop-column-that-a-view-shows",
        'op.contract_drop_column("users", "rank")',
        "pass",
        _columns_are("buyers", "id", "email", "name"),
        (*SHOP, "ALTER TABLE users ADD rank int", *_OLD_NAME),
        traceless=False,
        offline=False,
    ),
    Case(
        "rename-table-expand",
        'op.expand_rename_table("users", "people")',
        'op.contract_rename_table("people", "users")',
        "(SELECT relkind = 'v' FROM pg_class WHERE oid = to_regclass('users'))",
    ),
    Case(
        "rename-enum-value",
        renaming_value("people", "mood", "happy", "glad", _HAPPY),
        renaming_value("people", "temper", "glad", "happy", _GLAD),
        "(SELECT count(*) = 2 FROM people WHERE temper = 'glad')",
        (
            "CREATE TYPE mood AS ENUM ('sad', 'happy')",
            (
                "CREATE TABLE people (id int PRIMARY KEY,"
                " mood mood NOT NULL DEFAULT 'sad')"
            ),
            (
                "INSERT INTO people SELECT n, (ARRAY['sad', 'happy'])[n % 2 + 1]::mood"
                " FROM generate_series(1, 4) n"
            ),
            "CREATE INDEX ix_people_mood ON people (mood)",
        ),
        offline=False,
    ),
    Case(
        "remove-enum-value",
        'op.remove_enum_value("people", "mood", "fine", replacement="happy",'
        ' existing_type=sa.Enum("sad", "fine", "happy", name="mood"))',
        'op.add_enum_value("mood", "fine", after="sad")',
        "(SELECT count(*) = 4 FROM people WHERE mood = 'happy')",
        (
            "CREATE TYPE mood AS ENUM ('sad', 'fine', 'happy')",
            "CREATE TABLE people (id int PRIMARY KEY, mood mood)",
            (
                "INSERT INTO people SELECT n,"
                " (ARRAY['sad', 'fine', 'happy'])[n % 3 + 1]::mood"
                " FROM generate_series(1, 6) n"
            ),
        ),
    ),
)
