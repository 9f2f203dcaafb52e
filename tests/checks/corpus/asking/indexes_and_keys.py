"""Indexes, keys and constraints are asked for."""

import sqlalchemy as sa
from alembic import op

revision = "e6f201a46823"
down_revision = None


def upgrade():
    inspector = sa.inspect(op.get_bind())
    if "ix_users_age" not in {index["name"] for index in inspector.get_indexes("users")}:
        op.create_index("ix_users_age", "users", ["age"])  # found: create-index
    if not inspector.get_unique_constraints("users"):
        op.create_unique_constraint("uq_users", "users", ["email"])  # found: add-unique
    if not any(key["referred_table"] == "teams" for key in inspector.get_foreign_keys("users")):
        op.create_foreign_key("fk", "users", "teams", ["team"], ["id"])  # found: add-foreign-key, several-tables
    if inspector.get_pk_constraint("users")["constrained_columns"] == []:
        op.create_primary_key("pk", "users", ["id"])  # found: add-primary-key
    assert inspector.get_check_constraints("users") == []
    assert inspector.get_table_comment("users")["text"] is None


def downgrade():
    pass
