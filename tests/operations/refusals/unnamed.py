"""Names that are missing or too long, and tables with partitions."""

from __future__ import annotations

from alembic_zdt.errors import IdentifierTooLongError, PreconditionError, UsageError
from tests.operations.refusals.bad_input import EVENTS, BadInput

UNNAMED = (
    BadInput(
        "check-without-a-name",
        'op.create_check_constraint_two_phase(None, "orders", "total >= 0")',
        UsageError,
        'a constraint on "orders" has no name',
        (
            "The first argument is None and target_metadata has no naming convention "
            "for it. A later step must find the constraint by its name."
        ),
        "Pass a name, or configure target_metadata with a naming_convention.",
        instead='op.create_check_constraint_two_phase("ck", "orders", "total >= 0")',
    ),
    BadInput(
        "foreign-key-without-a-name",
        (
            'op.create_foreign_key_two_phase(None, "orders", "users", ["user_id"], '
            '["id"])'
        ),
        UsageError,
        'a constraint on "orders" has no name',
        (
            "The first argument is None and target_metadata has no naming convention "
            "for it. A later step must find the constraint by its name."
        ),
        "Pass a name, or configure target_metadata with a naming_convention.",
        instead=(
            'op.create_foreign_key_two_phase("fk", "orders", "users", ["user_id"], '
            '["id"])'
        ),
    ),
    BadInput(
        "unique-without-a-name",
        'op.create_unique_constraint_concurrently(None, "users", ["email"])',
        UsageError,
        'a constraint on "users" has no name',
        (
            "The first argument is None and target_metadata has no naming convention "
            "for it. A later step must find the constraint by its name."
        ),
        "Pass a name, or configure target_metadata with a naming_convention.",
        instead='op.create_unique_constraint_concurrently("uq", "users", ["email"])',
    ),
    BadInput(
        "primary-key-without-a-name",
        'op.create_primary_key_concurrently(None, "tags", ["tag"])',
        UsageError,
        'a constraint on "tags" has no name',
        (
            "The first argument is None and target_metadata has no naming convention "
            "for it. A later step must find the constraint by its name."
        ),
        "Pass a name, or configure target_metadata with a naming_convention.",
        instead='op.create_primary_key_concurrently("pk", "tags", ["tag"])',
    ),
    BadInput(
        "unique-partitioned",
        'op.create_unique_constraint_concurrently("uq", "events", ["id"])',
        PreconditionError,
        ('cannot create unique constraint "uq" on "events": the table is partitioned'),
        (
            "PostgreSQL has no ADD CONSTRAINT ... USING INDEX for partitioned "
            "tables, and without it the build would block reads and writes."
        ),
        (
            "A unique index does the same for everything but foreign keys: "
            "op.create_index_concurrently('uq', 'events', ['id'], unique=True)."
        ),
        setup=EVENTS,
        instead='op.create_index_concurrently("uq", "events", ["id"], unique=True)',
    ),
    BadInput(
        "primary-key-partitioned",
        'op.create_primary_key_concurrently("pk", "events", ["id"])',
        PreconditionError,
        'cannot create primary key "pk" on "events": the table is partitioned',
        (
            "PostgreSQL has no ADD CONSTRAINT ... USING INDEX for partitioned "
            "tables, and without it the build would block reads and writes."
        ),
        (
            "A unique index does the same for everything but foreign keys: "
            "op.create_index_concurrently('pk', 'events', ['id'], unique=True)."
        ),
        setup=EVENTS,
        instead='op.create_index_concurrently("pk", "events", ["id"], unique=True)',
    ),
    BadInput(
        "replace-index-partitioned",
        'op.replace_index_concurrently("ix", "events", ["body"])',
        PreconditionError,
        'cannot replace index "ix": the table is partitioned',
        "The index of a partitioned table cannot be dropped concurrently.",
        (
            "Build it under another name, such as "
            "op.create_index_concurrently('ix_new', 'events', ['body']), then drop "
            "the old one with op.drop_index_concurrently('ix', 'events')."
        ),
        setup=(
            *EVENTS,
            "CREATE INDEX ix ON events (id)",
        ),
        instead=(
            'op.create_index_concurrently("ix2", "events", ["body"])\n'
            'op.drop_index_concurrently("ix")'
        ),
    ),
    BadInput(
        "index-name-too-long",
        'op.create_index_concurrently("i" * 64, "users", ["email"])',
        IdentifierTooLongError,
        (
            "index name "
            '"iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii" is '
            "too long"
        ),
        ("It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off silently."),
        (
            "Use a shorter name, for example "
            '"iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii_a343b617".'
        ),
        instead='op.create_index_concurrently("i" * 63, "users", ["email"])',
    ),
    BadInput(
        "index-name-of-wide-letters-too-long",
        'op.create_index_concurrently("é" * 32, "users", ["email"])',
        IdentifierTooLongError,
        'index name "éééééééééééééééééééééééééééééééé" is too long',
        ("It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off silently."),
        'Use a shorter name, for example "ééééééééééééééééééééééééééé_2e5152e6".',
        instead='op.create_index_concurrently("é" * 31, "users", ["email"])',
    ),
    BadInput(
        "table-name-too-long",
        'op.create_index_concurrently("ix", "u" * 64, ["email"])',
        IdentifierTooLongError,
        (
            "relation name "
            '"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu" is '
            "too long"
        ),
        ("It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off silently."),
        (
            "Use a shorter name, for example "
            '"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu_1a2292f7".'
        ),
        instead="pass",
    ),
    BadInput(
        "schema-name-too-long",
        'op.drop_not_null("users", "email", schema="u" * 64)',
        IdentifierTooLongError,
        (
            "schema name "
            '"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu" is '
            "too long"
        ),
        ("It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off silently."),
        (
            "Use a shorter name, for example "
            '"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu_1a2292f7".'
        ),
        instead="pass",
    ),
    BadInput(
        "column-name-too-long",
        'op.add_not_null_two_phase("users", "c" * 64)',
        IdentifierTooLongError,
        (
            "column name "
            '"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" is '
            "too long"
        ),
        ("It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off silently."),
        (
            "Use a shorter name, for example "
            '"cccccccccccccccccccccccccccccccccccccccccccccccccccccc_52b6419d".'
        ),
        instead="pass",
    ),
    BadInput(
        "constraint-name-too-long",
        'op.create_check_constraint_two_phase("k" * 64, "orders", "total >= 0")',
        IdentifierTooLongError,
        (
            "constraint name "
            '"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" is '
            "too long"
        ),
        ("It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off silently."),
        (
            "Use a shorter name, for example "
            '"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk_2519b49b".'
        ),
        instead='op.create_check_constraint_two_phase("k" * 63, "orders", "id > 0")',
    ),
    BadInput(
        "enum-value-too-long",
        'op.add_enum_value("mood", "v" * 64)',
        IdentifierTooLongError,
        (
            "enum value name "
            '"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv" is '
            "too long"
        ),
        ("It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off silently."),
        (
            "Use a shorter name, for example "
            '"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv_c354e929".'
        ),
        instead='op.add_enum_value("mood", "v" * 63)',
    ),
)
