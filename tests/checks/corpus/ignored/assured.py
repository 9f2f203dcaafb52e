"""What is assured for the guard is assured for the lint, one block long."""

import sqlalchemy as sa
from alembic import op

revision = "d10f6a4e5b82"
down_revision = None


def upgrade():
    with op.safety_assured("the table has three rows"):
        op.drop_column("states", "age")
        op.execute("UPDATE states SET name = upper(name)")
        with op.batch_alter_table("states") as batch:
            batch.add_column(sa.Column("code", sa.Text(), nullable=False))
    op.drop_column("states", "size")  # found: drop-column


def downgrade():
    pass
