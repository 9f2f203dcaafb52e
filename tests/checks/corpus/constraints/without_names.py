"""Names come from the convention of the models, or from PostgreSQL."""

from alembic import op

revision = "5e1f0a7c9b24"
down_revision = None


def upgrade():
    op.create_unique_constraint(None, "users", ["email"])  # found: add-unique
    op.create_index(None, "users", ["email"])  # found: create-index
    op.create_foreign_key(None, "users", "users", ["boss"], ["id"])  # found: add-foreign-key


def downgrade():
    pass
