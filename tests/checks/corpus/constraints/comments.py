"""Comments of tables and columns."""

from alembic import op

revision = "87c9afdfb774"
down_revision = None


def upgrade():
    op.create_table_comment("users", "people; 100%", existing_comment=None)
    op.drop_table_comment("orders")
    op.alter_column("users", "age", comment="in years", existing_comment="years")


def downgrade():
    pass
