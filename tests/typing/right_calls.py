"""What mypy --strict and pyright must accept: our directives and Alembic's own."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from alembic_zdt import errors, op


def upgrade() -> None:
    """Every directive, in the ways the documentation shows."""
    op.create_index_concurrently("ix_users_email", "users", ["email"])
    op.create_index_concurrently(
        op.f("ix_users_lower"),
        "users",
        [sa.text("lower(email)"), sa.func.lower(sa.column("name"))],
        schema="shop",
        unique=True,
        postgresql_where=sa.text("email <> ''"),
    )
    op.create_index_concurrently(
        "ix_users_email",
        "users",
        ["email"],
        if_not_exists=True,
        postgresql_concurrently=True,
        postgresql_include=["name"],
        postgresql_nulls_not_distinct=True,
        postgresql_ops={"email": "text_pattern_ops"},
        postgresql_tablespace="fast",
        postgresql_using="btree",
        postgresql_where=sa.column("email").is_not(None),
        postgresql_with={"fillfactor": 70, "deduplicate_items": "off"},
    )
    op.create_index_concurrently(None, "users", ("email",))
    op.drop_index_concurrently("ix_users_email", "users")
    op.drop_index_concurrently("ix_users_email")
    op.reindex_concurrently("ix_users_email")
    op.reindex_concurrently(table_name="users")
    op.replace_index_concurrently("ix_users_email", "users", ["email", "id"])
    op.replace_index_concurrently(
        "ix_users_email", "users", ["email"], postgresql_where="email <> ''"
    )
    op.add_not_null_two_phase("users", "email", schema="shop")
    op.add_not_null_two_phase("users", "email", backfill="lower(name)")
    op.drop_not_null("users", "email")
    op.backfill("users", {"email_lower": "lower(email)", "n": sa.literal(1)})
    op.backfill(
        "users",
        {"n": "1"},
        where=sa.column("n").is_(None),
        key=["id"],
        batch_size=1000,
        target_batch_time=timedelta(seconds=1),
        pause="5ms",
        mode="background",
    )
    op.create_check_constraint_two_phase("ck_total", "orders", "total >= 0")
    op.create_check_constraint_two_phase(
        "ck_total", "orders", sa.column("total") >= 0, validate=False
    )
    op.create_check_constraint_two_phase("ck_total", "orders", sa.text("total >= 0"))
    op.create_foreign_key_two_phase(
        None, "orders", "users", ["user_id"], ["id"], ondelete="CASCADE"
    )
    op.validate_constraint("ck_total", "orders")
    op.drop_constraint_safely("ck_total", "orders", "check")
    op.create_unique_constraint_concurrently("uq_users_email", "users", ["email"])
    op.create_unique_constraint_concurrently(
        "uq_users_email",
        "users",
        ["email"],
        postgresql_include=["name"],
        postgresql_nulls_not_distinct=True,
        postgresql_tablespace="fast",
        postgresql_with={"fillfactor": 70},
    )
    op.create_primary_key_concurrently("users_pkey", "users", ["id"])
    op.add_enum_value("status", "refunded", after="paid")


def stock() -> None:
    """Alembic's own directives keep their types."""
    assert_type(op.get_bind(), Connection)
    assert_type(op.create_table("t", sa.Column("id", sa.Integer())), Table)
    op.add_column("t", sa.Column("name", sa.Text()))
    with op.batch_alter_table("t") as batch:
        batch.drop_column("name")


def fields(error: errors.ZdtError) -> None:
    """The parts of an error are text."""
    assert_type(error.primary, str)
    assert_type(error.message, str)
