"""A CHECK reads the table, unless it is NOT VALID."""

import sqlalchemy as sa
from alembic import op

revision = "873f03b72954"
down_revision = None


def upgrade():
    op.create_check_constraint("a", "users", "age > 0")  # found: add-check
    op.create_check_constraint("b", "users", sa.column("age") > 0)  # found: add-check
    op.create_check_constraint("c", "users", "age > 0", postgresql_not_valid=True)
    op.execute("ALTER TABLE users ADD CONSTRAINT d CHECK (note NOT LIKE '50%')")  # found: add-check
    op.execute("ALTER TABLE users ADD CONSTRAINT e CHECK (age > 0) NOT VALID")


def downgrade():
    pass
