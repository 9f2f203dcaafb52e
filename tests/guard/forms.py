"""Calls of one kind in several forms, on the tables of a check's example."""

from __future__ import annotations


def execute(*statements):
    return "\n".join(f"op.execute({each!r})" for each in statements)


def batch(*calls):
    lines = ['with op.batch_alter_table("users") as batch:']
    return "\n".join((*lines, *(f"    batch.{each}" for each in calls)))


ADD = "ALTER TABLE users ADD"
FORMS = {
    "add-check": [
        execute(f"{ADD} CHECK (email <> '')"),
        batch('create_check_constraint("c", "id > 0")'),
    ],
    "add-column-check": [
        execute(f"{ADD} COLUMN age int CHECK (age > 0)"),
        batch('add_column(sa.Column("age", sa.Integer, sa.CheckConstraint("age>0")))'),
    ],
    "add-column-foreign-key": [execute(f"{ADD} team int REFERENCES teams")],
    "add-column-identity": [
        execute(f"{ADD} no bigint GENERATED ALWAYS AS IDENTITY"),
        execute(f"{ADD} no serial"),
    ],
    "add-column-json": [execute(f"{ADD} data json")],
    "add-column-not-null": [
        execute(f"{ADD} age int NOT NULL"),
        batch('add_column(sa.Column("age", sa.Integer, nullable=False))'),
    ],
    "add-column-stored-generated": [
        execute(f"{ADD} up text GENERATED ALWAYS AS (upper(email)) STORED")
    ],
    "add-column-unique": [execute(f"{ADD} code text UNIQUE")],
    "add-column-volatile-default": [
        execute(f"{ADD} token uuid DEFAULT gen_random_uuid()"),
        execute(f"{ADD} at timestamptz DEFAULT clock_timestamp(), {ADD[18:]} n int"),
    ],
    "add-exclusion": [execute(f"{ADD} EXCLUDE USING btree (email WITH =)")],
    "add-foreign-key": [
        execute("ALTER TABLE orders ADD FOREIGN KEY (buyer) REFERENCES users (id)"),
        (
            'op.create_foreign_key(None, "orders", "users", ["buyer"], ["id"],'
            ' ondelete="CASCADE", deferrable=True)'
        ),
    ],
    "add-primary-key": [execute(f"{ADD} PRIMARY KEY (id)")],
    "add-unique": [
        execute(f"{ADD} CONSTRAINT u UNIQUE (email)"),
        batch('create_unique_constraint("u", ["email"])'),
    ],
    "alter-column-type": [
        execute("ALTER TABLE users ALTER COLUMN id TYPE bigint"),
        execute("ALTER TABLE users ALTER email TYPE varchar(3) USING left(email, 3)"),
        'op.alter_column("users", "email", type_=sa.Text())',
        batch('alter_column("id", type_=sa.BigInteger())'),
    ],
    "alter-domain": [execute("ALTER DOMAIN age SET NOT NULL")],
    "alter-policy": [
        execute("CREATE POLICY own ON users USING (true)"),
        execute("ALTER TABLE users FORCE ROW LEVEL SECURITY"),
    ],
    "alter-type-in-view": [execute("ALTER TABLE users ALTER email TYPE varchar(9)")],
    "change-rows": [
        execute("DELETE FROM users"),
        execute("UPDATE users SET email = '' WHERE id > 5"),
        execute("UPDATE users SET email = '' WHERE id = 5"),
        'op.execute(sa.table("users", sa.column("email")).update().values(email="x"))',
    ],
    "concurrently-in-transaction": [
        execute("CREATE INDEX CONCURRENTLY ix ON users (email)"),
        execute("REINDEX TABLE CONCURRENTLY users"),
    ],
    "control-transaction": [
        execute("ROLLBACK"),
        "op.get_bind().commit()",
    ],
    "create-index": [
        execute("CREATE INDEX ON users (email)"),
        execute("DO $$ BEGIN CREATE INDEX ix ON users (email); END $$"),
        (
            'op.create_index("ix", "users", [sa.text("lower(email)")], unique=True,'
            ' postgresql_where=sa.text("id > 5"), postgresql_include=["id"])'
        ),
        batch('create_index("ix", ["email"])'),
    ],
    "create-trigger": [
        execute(
            "CREATE OR REPLACE TRIGGER t AFTER UPDATE ON users"
            " FOR EACH ROW EXECUTE FUNCTION touch()"
        )
    ],
    "ddl-and-rows": [
        execute("ALTER TABLE users ADD age int", "UPDATE users SET age = 0"),
    ],
    "detach-partition": [execute("DROP TABLE events_1")],
    "disable-trigger": [execute("ALTER TABLE users DISABLE TRIGGER ALL")],
    "drop-column": [
        execute("ALTER TABLE users DROP COLUMN email CASCADE"),
        batch('drop_column("email")'),
    ],
    "drop-default": [execute("ALTER TABLE users ALTER email DROP DEFAULT")],
    "drop-foreign-key": [
        execute("ALTER TABLE orders DROP CONSTRAINT orders_buyer_fkey")
    ],
    "drop-index": [
        execute("DROP INDEX ix_users_email"),
        'op.drop_index("ix_users_email", if_exists=True)',
        batch('drop_index("ix_users_email")'),
    ],
    "drop-index-of-constraint": [execute("DROP INDEX users_email_key")],
    "drop-not-null": [execute("ALTER TABLE users ALTER email DROP NOT NULL")],
    "drop-table": [execute("DROP TABLE IF EXISTS users CASCADE")],
    "drop-trigger": [execute("DROP TRIGGER IF EXISTS touched ON users")],
    "foreign-key-on-partitioned": [
        execute(
            "ALTER TABLE events ADD FOREIGN KEY (n) REFERENCES numbers (n) NOT VALID"
        )
    ],
    "foreign-key-types": [
        execute("ALTER TABLE orders ADD FOREIGN KEY (buyer) REFERENCES users (id)")
    ],
    "lock-table": [execute("LOCK users IN SHARE MODE", "SELECT 1")],
    "own-table": [
        'op.rename_table("alembic_version", "versions")',
        execute("ALTER TABLE alembic_zdt_revision RENAME COLUMN revision TO r"),
        execute("TRUNCATE alembic_zdt_revision"),
    ],
    "refresh-materialized-view": [
        execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals"),
    ],
    "reindex": [execute("REINDEX TABLE users")],
    "rename-column": [
        execute("ALTER TABLE users RENAME email TO mail"),
        batch('alter_column("email", new_column_name="mail")'),
        (
            'op.alter_column("users", "email", new_column_name="mail", type_=sa.Text(),'
            " nullable=False)"
        ),
    ],
    "rename-schema": [execute("DROP SCHEMA shop CASCADE")],
    "rename-table": [
        execute("ALTER TABLE users RENAME TO people"),
        execute("ALTER TABLE users SET SCHEMA pg_temp"),
    ],
    "rewrite-table": [
        execute("ALTER TABLE users SET UNLOGGED"),
        execute("ALTER TABLE users SET ACCESS METHOD heap"),
    ],
    "set-not-null": [
        execute("ALTER TABLE users ALTER email SET NOT NULL"),
        batch('alter_column("email", nullable=False)'),
        (
            'op.alter_column("users", "email", nullable=False, server_default="x",'
            " existing_type=sa.Text())"
        ),
    ],
    "set-timeout": [
        execute("SET LOCAL statement_timeout = 0"),
        execute("SELECT set_config('lock_timeout', '0', false)"),
    ],
    "several-tables": [
        execute("ALTER TABLE users ADD note text", "ALTER TABLE orders ADD note text")
    ],
    "truncate-table": [execute("TRUNCATE TABLE ONLY users RESTART IDENTITY CASCADE")],
    "validate-in-same-transaction": [
        execute(
            f"{ADD} CONSTRAINT c CHECK (id > 0) NOT VALID",
            "ALTER TABLE users VALIDATE CONSTRAINT c",
        )
    ],
}
"""Other forms of a check's example, on its tables."""
