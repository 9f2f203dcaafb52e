"""What mypy --strict and pyright must refuse.

An ignored error that is no error is an error itself: mypy says so by itself, pyright
because of the next line.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from alembic_zdt import op


def upgrade() -> None:
    """One mistake a line."""
    op.create_index_concurrently("ix", "users")  # type: ignore[call-arg]
    op.create_index_concurrently("ix", 1, ["email"])  # type: ignore[arg-type]
    op.create_index_concurrently("ix", "users", 1)  # type: ignore[arg-type]
    op.backfill("users", {"n": 1})  # type: ignore[dict-item]
    op.backfill("users", {"n": "1"}, mode="later")  # type: ignore[arg-type]
    op.drop_not_null("users", "email", "shop")  # type: ignore[call-arg]
    op.drop_index_concurrently()  # type: ignore[call-arg]
    op.drop_index_concurrently(None)  # type: ignore[arg-type]
    op.add_not_null_two_phase("users", ["email"])  # type: ignore[arg-type]
    op.add_not_null_two_phase("users", "email", backfil=1)  # type: ignore[call-arg]
    op.drop_not_null("users")  # type: ignore[call-arg]
    op.create_check_constraint_two_phase("ck", "t", 1)  # type: ignore[arg-type]
    op.create_foreign_key_two_phase("fk", "a", "b", ["x"])  # type: ignore[call-arg]
    op.validate_constraint("ck")  # type: ignore[call-arg]
    op.drop_constraint_safely(None, "orders")  # type: ignore[arg-type]
    op.create_primary_key_concurrently("pk", "t", [1])  # type: ignore[list-item]
    op.add_enum_value("status", 1)  # type: ignore[arg-type]
    op.add_enum_value("status", "new", "old")  # type: ignore[call-arg]
    op.create_index_concurently("ix", "t", ["c"])  # type: ignore[attr-defined]
    op.add_column("t")  # type: ignore[call-arg]
