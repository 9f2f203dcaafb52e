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
    op.create_index_concurrently("ix", "t", ["c"], unikue=True)  # type: ignore[call-arg]
    op.create_index_concurrently("ix", "t", [1])  # type: ignore[list-item]
    op.replace_index_concurrently("ix", "t", ["c"], where="")  # type: ignore[call-arg]
    op.create_index_concurently("ix", "t", ["c"])  # type: ignore[attr-defined]
    op.add_column("t")  # type: ignore[call-arg]


def options() -> None:
    """One option a call that the directive does not have, or of another type."""
    index = op.create_index_concurrently
    index("ix", "t", ["c"], postgres_where="id > 1")  # type: ignore[call-arg]
    index("ix", "t", ["c"], sqlite_where="id > 1")  # type: ignore[call-arg]
    index("ix", "t", ["c"], postgresql_where=1)  # type: ignore[arg-type]
    index("ix", "t", ["c"], postgresql_using=True)  # type: ignore[arg-type]
    index("ix", "t", ["c"], postgresql_include=1)  # type: ignore[arg-type]
    index("ix", "t", ["c"], postgresql_ops=["x"])  # type: ignore[arg-type]
    index("ix", "t", ["c"], postgresql_with="fillfactor=70")  # type: ignore[arg-type]
    index("ix", "t", ["c"], postgresql_tablespace=1)  # type: ignore[arg-type]
    unique = op.create_unique_constraint_concurrently
    unique("uq", "t", ["c"], postgresql_where="id > 1")  # type: ignore[call-arg]
    unique("uq", "t", ["c"], postgresql_nulls_not_distinct="")  # type: ignore[arg-type]
    op.drop_index_concurrently("ix", cascade=True)  # type: ignore[call-arg]
    op.expand_drop_column("t", "c", existing_nulable=True)  # type: ignore[call-arg]
    op.backfill("t", {"n": "1"}, batchsize=5)  # type: ignore[call-arg]
