"""Indexes that are built under ACCESS EXCLUSIVE."""

from alembic import op

revision = "9f9feabe23c5"
down_revision = None


def upgrade():
    op.create_unique_constraint("a", "users", ["email"])  # found: add-unique
    op.create_unique_constraint("b", "users", ["x", "y"], deferrable=True, initially="DEFERRED")  # found: add-unique
    op.create_primary_key("pk", "users", ["id"])  # found: add-primary-key
    op.create_exclude_constraint("e", "users", ("during", "&&"), using="gist")  # found: add-exclusion
    op.execute("ALTER TABLE users ADD EXCLUDE USING gist (during WITH &&)")  # found: add-exclusion


def downgrade():
    pass
