"""Names that something else has."""

from __future__ import annotations

from alembic_zdt.errors import DuplicateObjectError
from tests.operations.refusals.bad_input import BadInput

EXISTING = (
    BadInput(
        "index-other-columns",
        'op.create_index_concurrently("ix", "users", ["email"])',
        DuplicateObjectError,
        '"ix" exists and is another object',
        (
            "There is an index on users: CREATE INDEX ix ON <schema>.users USING "
            "btree (name). Wanted: USING btree (email)."
        ),
        (
            "Choose another name, or replace the index with "
            "op.replace_index_concurrently('ix', 'users', ['email'])."
        ),
        setup=("CREATE INDEX ix ON users (name)",),
        instead='op.replace_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "index-not-unique",
        'op.create_index_concurrently("ix", "users", ["email"], unique=True)',
        DuplicateObjectError,
        '"ix" exists and is another object',
        (
            "There is an index on users: CREATE INDEX ix ON <schema>.users USING "
            "btree (email). Wanted: UNIQUE USING btree (email)."
        ),
        (
            "Choose another name, or replace the index with "
            "op.replace_index_concurrently('ix', 'users', ['email'], unique=True)."
        ),
        setup=("CREATE INDEX ix ON users (email)",),
        instead='op.replace_index_concurrently("ix", "users", ["email"], unique=True)',
    ),
    BadInput(
        "index-on-another-table",
        'op.create_index_concurrently("ix", "users", ["email"])',
        DuplicateObjectError,
        '"ix" exists and is another object',
        (
            "There is an index on orders: CREATE INDEX ix ON <schema>.orders USING "
            "btree (total). Wanted: USING btree (email)."
        ),
        "Choose another name.",
        setup=("CREATE INDEX ix ON orders (total)",),
        cure=("ALTER INDEX ix RENAME TO ix_old",),
    ),
    BadInput(
        "index-name-of-a-table",
        'op.create_index_concurrently("orders", "users", ["email"])',
        DuplicateObjectError,
        '"orders" exists and is another object',
        "There is a table. Wanted: USING btree (email).",
        "Choose another name.",
        instead='op.create_index_concurrently("ix", "users", ["email"])',
    ),
    BadInput(
        "index-name-of-a-view",
        'op.create_index_concurrently("ix", "users", ["email"])',
        DuplicateObjectError,
        '"ix" exists and is another object',
        "There is a view. Wanted: USING btree (email).",
        "Choose another name.",
        setup=("CREATE VIEW ix AS SELECT 1",),
        cure=("DROP VIEW ix",),
    ),
    BadInput(
        "replacing-index-of-another-table",
        'op.replace_index_concurrently("ix", "users", ["email"])',
        DuplicateObjectError,
        '"ix" exists and is another object',
        (
            "There is an index on orders: CREATE INDEX ix ON <schema>.orders USING "
            "btree (total). Wanted: CREATE INDEX ix ON users (email)."
        ),
        "Choose another name.",
        setup=("CREATE INDEX ix ON orders (total)",),
        cure=("ALTER INDEX ix RENAME TO ix_old",),
    ),
    BadInput(
        "check-other-condition",
        'op.create_check_constraint_two_phase("ck", "orders", "total >= 0")',
        DuplicateObjectError,
        'constraint "ck" of "orders" exists with another definition',
        "There is: CHECK ((total > '-1'::integer)). Wanted: CHECK (total >= 0).",
        (
            "Choose another name, or drop it first with "
            "op.drop_constraint_safely('ck', 'orders')."
        ),
        setup=("ALTER TABLE orders ADD CONSTRAINT ck CHECK (total > -1)",),
        cure=("ALTER TABLE orders DROP CONSTRAINT ck",),
    ),
    BadInput(
        "check-name-of-a-key",
        ('op.create_check_constraint_two_phase("orders_pkey", "orders", "total >= 0")'),
        DuplicateObjectError,
        'constraint "orders_pkey" of "orders" exists with another definition',
        "There is: PRIMARY KEY (id). Wanted: CHECK (total >= 0).",
        (
            "Choose another name, or drop it first with "
            "op.drop_constraint_safely('orders_pkey', 'orders')."
        ),
        instead='op.create_check_constraint_two_phase("ck", "orders", "total >= 0")',
    ),
    BadInput(
        "foreign-key-other-action",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"], ondelete="CASCADE")'
        ),
        DuplicateObjectError,
        'constraint "fk" of "orders" exists with another definition',
        (
            "There is: FOREIGN KEY (user_id) REFERENCES users(id). Wanted: "
            "CONSTRAINT fk FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE "
            "CASCADE NOT VALID."
        ),
        (
            "Choose another name, or drop it first with "
            "op.drop_constraint_safely('fk', 'orders')."
        ),
        setup=(
            (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES "
                "users"
            ),
        ),
        cure=("ALTER TABLE orders DROP CONSTRAINT fk",),
    ),
    BadInput(
        "unique-other-columns",
        'op.create_unique_constraint_concurrently("uq", "users", ["email"])',
        DuplicateObjectError,
        'constraint "uq" of "users" exists with another definition',
        "There is: UNIQUE (name). Wanted: UNIQUE (email).",
        (
            "Choose another name, or drop it first with "
            "op.drop_constraint_safely('uq', 'users')."
        ),
        setup=("ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name)",),
        cure=("ALTER TABLE users DROP CONSTRAINT uq",),
    ),
    BadInput(
        "unique-other-timing",
        (
            'op.create_unique_constraint_concurrently("uq", "users", ["email"], '
            "deferrable=True)"
        ),
        DuplicateObjectError,
        'constraint "uq" of "users" exists with another definition',
        "There is: UNIQUE (email). Wanted: UNIQUE (email) DEFERRABLE.",
        (
            "Choose another name, or drop it first with "
            "op.drop_constraint_safely('uq', 'users')."
        ),
        setup=("ALTER TABLE users ADD CONSTRAINT uq UNIQUE (email)",),
        cure=("ALTER TABLE users DROP CONSTRAINT uq",),
    ),
    BadInput(
        "unique-name-of-an-index",
        'op.create_unique_constraint_concurrently("uq", "users", ["email"])',
        DuplicateObjectError,
        '"uq" exists and is another object',
        (
            "There is an index on users: CREATE INDEX uq ON <schema>.users USING "
            "btree (email). Wanted: UNIQUE USING btree (email)."
        ),
        (
            "Choose another name, or replace the index with "
            "op.replace_index_concurrently('uq', 'users', ['email'], unique=True)."
        ),
        setup=("CREATE INDEX uq ON users (email)",),
        cure=("DROP INDEX uq",),
    ),
    BadInput(
        "unique-name-of-a-check",
        'op.create_unique_constraint_concurrently("uq", "users", ["email"])',
        DuplicateObjectError,
        'constraint "uq" of "users" exists with another definition',
        "There is: CHECK ((id > 0)). Wanted: UNIQUE (email).",
        (
            "Choose another name, or drop it first with "
            "op.drop_constraint_safely('uq', 'users')."
        ),
        setup=("ALTER TABLE users ADD CONSTRAINT uq CHECK (id > 0)",),
        cure=("ALTER TABLE users DROP CONSTRAINT uq",),
    ),
    BadInput(
        "unique-name-of-a-table",
        'op.create_unique_constraint_concurrently("orders", "users", ["email"])',
        DuplicateObjectError,
        '"orders" exists and is another object',
        "There is a table. Wanted: UNIQUE USING btree (email).",
        "Choose another name.",
        instead='op.create_unique_constraint_concurrently("uq", "users", ["email"])',
    ),
    BadInput(
        "primary-key-there-is-one",
        'op.create_primary_key_concurrently("pk", "users", ["email"])',
        DuplicateObjectError,
        '"users" already has another primary key, "users_pkey"',
        "There is: PRIMARY KEY (id).",
        (
            "First drop that key with op.drop_constraint_safely('users_pkey', 'users', "
            "'primary')."
        ),
        cure=("ALTER TABLE users DROP CONSTRAINT users_pkey",),
    ),
    BadInput(
        "primary-key-other-columns",
        'op.create_primary_key_concurrently("users_pkey", "users", ["email"])',
        DuplicateObjectError,
        'constraint "users_pkey" of "users" exists with another definition',
        "There is: PRIMARY KEY (id). Wanted: PRIMARY KEY (email).",
        (
            "Choose another name, or drop it first with "
            "op.drop_constraint_safely('users_pkey', 'users')."
        ),
        cure=("ALTER TABLE users DROP CONSTRAINT users_pkey",),
    ),
    BadInput(
        "primary-key-name-of-a-table",
        'op.create_primary_key_concurrently("orders", "tags", ["tag"])',
        DuplicateObjectError,
        '"orders" exists and is another object',
        "There is a table. Wanted: UNIQUE USING btree (tag).",
        "Choose another name.",
        instead='op.create_primary_key_concurrently("pk", "tags", ["tag"])',
    ),
)
