"""A renamed column, as alembic revision --autogenerate writes it."""

import sqlalchemy as sa
from alembic import op

revision = "unread"
down_revision = "tables"


def upgrade():
    op.add_column("users", sa.Column("mail", sa.Text(), nullable=True))
    op.create_index(op.f("ix_users_mail"), "users", ["mail"], unique=False)
    op.drop_column("users", "email")


def downgrade():
    op.add_column("users", sa.Column("email", sa.Text(), nullable=True))
    op.drop_index(op.f("ix_users_mail"), table_name="users")
    op.drop_column("users", "mail")
