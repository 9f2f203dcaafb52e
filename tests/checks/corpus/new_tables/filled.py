"""A table of constants, filled at once."""

import sqlalchemy as sa
from alembic import op

revision = "caa4c0ad1c15"
down_revision = None


def upgrade():
    kinds = op.create_table(
        "kinds",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
    )
    op.bulk_insert(kinds, [{"id": 1, "name": "small"}, {"id": 2, "name": "large"}])
    op.execute(kinds.insert().values(id=3, name="100%"))
    op.execute(kinds.update().where(kinds.c.id == 3).values(name="huge"))
    op.execute("INSERT INTO kinds SELECT id, name FROM users")
    op.execute("DELETE FROM kinds WHERE id = 2")


def downgrade():
    pass
