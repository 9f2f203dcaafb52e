"""The schema changes that are measured, each as a stock operation and as ours."""

from __future__ import annotations

from dataclasses import dataclass

from examples.shop.proofs import has_constraint, has_index, has_not_null

BUILD_INDEX = "CREATE INDEX CONCURRENTLY bench_ix ON orders (placed_at)"
DROP_INDEX = "DROP INDEX CONCURRENTLY IF EXISTS bench_ix"
DROP_CHECK = "ALTER TABLE orders DROP CONSTRAINT IF EXISTS bench_ck"
ADD_CHECK = "ALTER TABLE orders ADD CONSTRAINT bench_ck CHECK (total_cents >= 0)"
# REINDEX leaves the same index behind, in another file.
REMEMBER_FILE = (
    "DROP TABLE IF EXISTS bench_file",
    "CREATE TABLE bench_file AS SELECT pg_relation_filenode('bench_ix') AS node",
)
HAS_ANOTHER_FILE = (
    "EXISTS (SELECT FROM bench_file WHERE node <> pg_relation_filenode('bench_ix'))"
)
DROP_KEY = "ALTER TABLE orders DROP CONSTRAINT IF EXISTS bench_fk"
ADD_KEY = (
    "ALTER TABLE orders ADD CONSTRAINT bench_fk"
    " FOREIGN KEY (user_id) REFERENCES users (id)"
)


@dataclass(frozen=True)
class Case:
    """One change.

    Attributes:
        name: what ``--only`` takes.
        stock: body of the revision with Alembic's own operations.
        ours: body with our directive.
        proof: SQL condition, false before the change and true after it.
        setup: SQL before a run.
        undo: SQL after a run; harmless when the run failed half-way.
        table: where the other transactions sit.
        exclusive: needs ACCESS EXCLUSIVE somewhere, stock or ours.
    """

    name: str
    stock: str
    ours: str
    proof: str
    setup: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    table: str = "orders"
    exclusive: bool = True


CASES = (
    Case(
        "create-index",
        stock='op.create_index("bench_ix", "orders", ["placed_at"])',
        ours='op.create_index_concurrently("bench_ix", "orders", ["placed_at"])',
        proof=has_index("bench_ix", "placed_at"),
        undo=(DROP_INDEX,),
        exclusive=False,
    ),
    Case(
        "drop-index",
        stock='op.drop_index("bench_ix", "orders")',
        ours='op.drop_index_concurrently("bench_ix", "orders")',
        proof="to_regclass('bench_ix') IS NULL",
        setup=(BUILD_INDEX,),
        undo=(DROP_INDEX,),
    ),
    Case(
        "reindex",
        stock='op.execute("REINDEX INDEX bench_ix")',
        ours='op.reindex_concurrently("bench_ix")',
        proof=f"{has_index('bench_ix', 'placed_at')} AND {HAS_ANOTHER_FILE}",
        setup=(BUILD_INDEX, *REMEMBER_FILE),
        undo=(DROP_INDEX, "DROP TABLE bench_file"),
    ),
    Case(
        "replace-index",
        stock='op.drop_index("bench_ix", "orders")\n'
        'op.create_index("bench_ix", "orders", ["placed_at", "id"])',
        ours='op.replace_index_concurrently("bench_ix", "orders", ["placed_at", "id"])',
        proof=has_index("bench_ix", "placed_at", "id"),
        setup=(BUILD_INDEX,),
        undo=(DROP_INDEX,),
    ),
    Case(
        "check",
        stock='op.create_check_constraint("bench_ck", "orders", "total_cents >= 0")',
        ours="op.create_check_constraint_two_phase("
        '"bench_ck", "orders", "total_cents >= 0")',
        proof=has_constraint("orders", "bench_ck"),
        undo=(DROP_CHECK,),
    ),
    Case(
        "foreign-key",
        stock="op.create_foreign_key("
        '"bench_fk", "orders", "users", ["user_id"], ["id"])',
        ours="op.create_foreign_key_two_phase("
        '"bench_fk", "orders", "users", ["user_id"], ["id"])',
        proof=has_constraint("orders", "bench_fk"),
        undo=(DROP_KEY,),
        exclusive=False,
    ),
    Case(
        "not-null",
        stock='op.alter_column("orders", "currency", nullable=False)',
        ours='op.add_not_null_two_phase("orders", "currency")',
        proof=has_not_null("orders", "currency"),
        undo=("ALTER TABLE orders ALTER currency DROP NOT NULL",),
    ),
    Case(
        "unique",
        stock='op.create_unique_constraint("bench_uq", "users", ["email"])',
        ours='op.create_unique_constraint_concurrently("bench_uq", "users", ["email"])',
        proof=f"{has_constraint('users', 'bench_uq')}"
        f" AND {has_index('bench_uq', 'email')}",
        undo=(
            "ALTER TABLE users DROP CONSTRAINT IF EXISTS bench_uq",
            "DROP INDEX CONCURRENTLY IF EXISTS bench_uq",
        ),
        table="users",
    ),
    Case(
        "primary-key",
        stock='op.create_primary_key("bench_pk", "users", ["id"])',
        ours='op.create_primary_key_concurrently("bench_pk", "users", ["id"])',
        proof=f"{has_constraint('users', 'bench_pk')}"
        f" AND {has_index('bench_pk', 'id')} AND {has_not_null('users', 'id')}",
        # The application reads users by id, so a unique index stands in for the key.
        setup=(
            "CREATE UNIQUE INDEX CONCURRENTLY bench_stand_in ON users (id)",
            "ALTER TABLE users DROP CONSTRAINT pk_users",
        ),
        undo=(
            "ALTER TABLE users DROP CONSTRAINT IF EXISTS bench_pk",
            "DROP INDEX CONCURRENTLY IF EXISTS bench_pk",
            "CREATE UNIQUE INDEX CONCURRENTLY pk_users ON users (id)",
            "ALTER TABLE users ADD PRIMARY KEY USING INDEX pk_users",
            "DROP INDEX CONCURRENTLY bench_stand_in",
        ),
        table="users",
    ),
    Case(
        "drop-check",
        stock='op.drop_constraint("bench_ck", "orders", type_="check")',
        ours='op.drop_constraint_safely("bench_ck", "orders", type_="check")',
        proof=f"NOT {has_constraint('orders', 'bench_ck', is_valid=False)}",
        setup=(f"{ADD_CHECK} NOT VALID",),
        undo=(DROP_CHECK,),
    ),
    Case(
        "drop-foreign-key",
        stock='op.drop_constraint("bench_fk", "orders", type_="foreignkey")',
        ours='op.drop_constraint_safely("bench_fk", "orders", type_="foreignkey")',
        proof=f"NOT {has_constraint('orders', 'bench_fk', is_valid=False)}",
        setup=(f"{ADD_KEY} NOT VALID",),
        undo=(DROP_KEY,),
    ),
    Case(
        "drop-not-null",
        stock='op.alter_column("orders", "currency", nullable=True)',
        ours='op.drop_not_null("orders", "currency")',
        proof=f"NOT {has_not_null('orders', 'currency')}",
        setup=("ALTER TABLE orders ALTER currency SET NOT NULL",),
        undo=("ALTER TABLE orders ALTER currency DROP NOT NULL",),
    ),
)

# Needs ACCESS EXCLUSIVE and nothing else, so that only the way to the lock counts.
LOCK_CASE = Case(
    "lock",
    stock=f'op.execute("{ADD_CHECK} NOT VALID")',
    ours="op.create_check_constraint_two_phase("
    '"bench_ck", "orders", "total_cents >= 0", validate=False)',
    proof=has_constraint("orders", "bench_ck", is_valid=False),
    undo=(DROP_CHECK,),
)
LOCK_STATEMENT = f"{ADD_CHECK} NOT VALID"
