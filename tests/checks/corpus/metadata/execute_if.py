"""DDL for one dialect only."""

import sqlalchemy as sa
from alembic import op

revision = "d4fc6519e444"
down_revision = None


def upgrade():
    metadata = sa.MetaData()
    users = sa.Table("orders", metadata, sa.Column("id", sa.Integer))
    sa.event.listen(
        users,
        "after_create",
        sa.DDL("ALTER TABLE orders ADD UNIQUE (id)").execute_if(dialect="postgresql"),
    )
    sa.event.listen(
        users, "after_create", sa.DDL("DROP TABLE users").execute_if(dialect="sqlite")
    )
    metadata.create_all(op.get_bind())  # found: create-all


def downgrade():
    pass
