"""Rows that contradict the change."""

from __future__ import annotations

from alembic_zdt.errors import (
    CheckViolationError,
    DuplicateKeysError,
    ForeignKeyViolationError,
    NullValuesRemainError,
)
from tests.operations.refusals.bad_input import BadInput

DATA = (
    BadInput(
        "unique-index",
        'op.create_index_concurrently("ix", "users", ["email"], unique=True)',
        DuplicateKeysError,
        '"users" has duplicates in (email)',
        'The unique index "ix" cannot be built. Among them (same) 3 times.',
        "Remove the duplicates, then run the same command again.",
        setup=("UPDATE users SET email = 'same' WHERE id < 4",),
        cure=("UPDATE users SET email = id::text",),
    ),
    BadInput(
        "unique-index-on-an-expression",
        (
            'op.create_index_concurrently("ix", "users", [sa.text("lower(email)")], '
            "unique=True)"
        ),
        DuplicateKeysError,
        '"users" has duplicates in (lower(email))',
        (
            'The unique index "ix" cannot be built. Key (lower(email))=(same) is '
            "duplicated."
        ),
        "Remove the duplicates, then run the same command again.",
        setup=("UPDATE users SET email = 'same' WHERE id < 4",),
        cure=("UPDATE users SET email = id::text",),
    ),
    BadInput(
        "unique-index-on-some-rows",
        (
            'op.create_index_concurrently("ix", "users", ["email"], unique=True, '
            'postgresql_where=sa.text("id < 3"))'
        ),
        DuplicateKeysError,
        '"users" has duplicates in (email)',
        'The unique index "ix" cannot be built. Among them (same) 2 times.',
        "Remove the duplicates, then run the same command again.",
        setup=("UPDATE users SET email = 'same' WHERE id < 4",),
        cure=("UPDATE users SET email = id::text",),
    ),
    BadInput(
        "unique-index-on-two-columns",
        ('op.create_index_concurrently("ix", "users", ["email", "name"], unique=True)'),
        DuplicateKeysError,
        '"users" has duplicates in (email, name)',
        (
            'The unique index "ix" cannot be built. Among them (same, it\'s 50%) 2 '
            "times."
        ),
        "Remove the duplicates, then run the same command again.",
        setup=(
            "UPDATE users SET email = 'same', name = NULL WHERE id < 4",
            "UPDATE users SET email = 'same', name = 'it''s 50%' WHERE id IN (5, 6)",
        ),
        cure=("UPDATE users SET email = id::text",),
    ),
    BadInput(
        "replacing-by-a-unique-index",
        'op.replace_index_concurrently("ix", "users", ["email"], unique=True)',
        DuplicateKeysError,
        '"users" has duplicates in (email)',
        ('The unique index "zdt_new_ix" cannot be built. Among them (same) 3 times.'),
        "Remove the duplicates, then run the same command again.",
        setup=(
            "CREATE INDEX ix ON users (email)",
            "UPDATE users SET email = 'same' WHERE id < 4",
        ),
        cure=("UPDATE users SET email = id::text",),
    ),
    BadInput(
        "unique-constraint",
        'op.create_unique_constraint_concurrently("uq", "users", ["email"])',
        DuplicateKeysError,
        '"users" has duplicates in (email)',
        'The unique index "uq" cannot be built. Among them (same) 3 times.',
        "Remove the duplicates, then run the same command again.",
        setup=("UPDATE users SET email = 'same' WHERE id < 4",),
        cure=("UPDATE users SET email = id::text",),
    ),
    BadInput(
        "primary-key-duplicates",
        'op.create_primary_key_concurrently("pk", "tags", ["tag"])',
        DuplicateKeysError,
        '"tags" has duplicates in (tag)',
        'The unique index "pk" cannot be built. Among them (a) 2 times.',
        "Remove the duplicates, then run the same command again.",
        setup=("INSERT INTO tags VALUES ('a'), ('a')",),
        cure=("DELETE FROM tags",),
    ),
    BadInput(
        "primary-key-null",
        'op.create_primary_key_concurrently("pk", "tags", ["tag"])',
        NullValuesRemainError,
        'column "tags.tag" still holds NULL values',
        (
            "1 row holds NULL. The constraint was not kept: it would make "
            "every update of such a row fail."
        ),
        (
            "Fill these rows with op.backfill('tags', {'tag': '<expression>'}), and "
            "make sure that new rows have a value, then run the same command again."
        ),
        setup=("INSERT INTO tags VALUES ('a'), (NULL)",),
        cure=("DELETE FROM tags WHERE tag IS NULL",),
    ),
    BadInput(
        "not-null",
        'op.add_not_null_two_phase("users", "email")',
        NullValuesRemainError,
        'column "users.email" still holds NULL values',
        (
            "2 rows hold NULL. The constraint was not kept: it would make "
            "every update of such a row fail."
        ),
        (
            "Fill these rows with op.backfill('users', {'email': '<expression>'}), and "
            "make sure that new rows have a value, then run the same command again."
        ),
        setup=("UPDATE users SET email = NULL WHERE id < 3",),
        cure=("UPDATE users SET email = '' WHERE email IS NULL",),
    ),
    BadInput(
        "not-null-many",
        'op.add_not_null_two_phase("users", "email")',
        NullValuesRemainError,
        'column "users.email" still holds NULL values',
        (
            "More than 10000 rows hold NULL. The constraint was not kept: it "
            "would make every update of such a row fail."
        ),
        (
            "Fill these rows with op.backfill('users', {'email': '<expression>'}), and "
            "make sure that new rows have a value, then run the same command again."
        ),
        setup=("INSERT INTO users SELECT n FROM generate_series(1000, 11001) n",),
        cure=("UPDATE users SET email = '' WHERE email IS NULL",),
    ),
    BadInput(
        "check",
        'op.create_check_constraint_two_phase("ck", "orders", "total >= 0")',
        CheckViolationError,
        'rows of "orders" violate "ck"',
        (
            "5 rows violate CHECK (total >= 0). The constraint was not kept: it "
            "would make every update of such a row fail."
        ),
        (
            "Correct the rows (SELECT * FROM orders WHERE NOT (total >= 0)), then run "
            "the same command again."
        ),
        setup=("UPDATE orders SET total = -1 WHERE id < 6",),
        cure=("UPDATE orders SET total = 0 WHERE total < 0",),
    ),
    BadInput(
        "check-one-row",
        (
            'op.create_check_constraint_two_phase("ck", "orders", sa.column("total") '
            ">= 0)"
        ),
        CheckViolationError,
        'rows of "orders" violate "ck"',
        (
            "1 row violates CHECK (total >= 0). The constraint was not kept: it "
            "would make every update of such a row fail."
        ),
        (
            "Correct the rows (SELECT * FROM orders WHERE NOT (total >= 0)), then run "
            "the same command again."
        ),
        setup=("UPDATE orders SET total = -1 WHERE id = 6",),
        cure=("UPDATE orders SET total = 0 WHERE total < 0",),
    ),
    BadInput(
        "validate-check",
        'op.validate_constraint("ck", "orders")',
        CheckViolationError,
        'rows of "orders" violate "ck"',
        (
            'The server reported: check constraint "ck" of relation "orders" is '
            "violated by some row."
        ),
        "Correct these rows, then run the same command again.",
        setup=(
            "UPDATE orders SET total = -1 WHERE id < 6",
            "ALTER TABLE orders ADD CONSTRAINT ck CHECK (total >= 0) NOT VALID",
        ),
        cure=("UPDATE orders SET total = 0 WHERE total < 0",),
    ),
    BadInput(
        "foreign-key",
        (
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"])'
        ),
        ForeignKeyViolationError,
        'rows of "orders" refer by (user_id) to rows that "users" does not have',
        (
            'The foreign key "fk" cannot be validated. '
            "Among them (1001), (1002), (1003)."
        ),
        "Remove or correct those rows, then run the same command again.",
        setup=("UPDATE orders SET user_id = 1000 + id WHERE id < 6",),
        cure=("DELETE FROM orders WHERE user_id > 1000",),
    ),
    BadInput(
        "validate-foreign-key",
        'op.validate_constraint("fk", "orders")',
        ForeignKeyViolationError,
        'rows of "orders" violate "fk"',
        (
            'The server reported: insert or update on table "orders" violates foreign '
            'key constraint "fk". Key (user_id)=(1000) is not present in table '
            '"users".'
        ),
        "Correct these rows, then run the same command again.",
        setup=(
            "UPDATE orders SET user_id = 1000 WHERE id = 6",
            (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES "
                "users NOT VALID"
            ),
        ),
        cure=("DELETE FROM orders WHERE user_id = 1000",),
    ),
)
