"""Some rows that are added lock nothing of others."""

import sqlalchemy as sa
from alembic import op

revision = "4c92dfd68223"
down_revision = None


def upgrade():
    kinds = sa.table("kinds", sa.column("id"), sa.column("name"))
    op.bulk_insert(kinds, [{"id": 1, "name": "50%"}, {"id": 2, "name": ":x"}])
    op.bulk_insert(kinds, [{"id": 3, "name": "c"}], multiinsert=False)
    op.execute(kinds.insert().values(id=4, name="d"))
    op.execute(kinds.insert().values([{"id": 5}, {"id": 6}]))
    op.execute("INSERT INTO kinds (id, name) VALUES (7, 'e'), (8, '%(name)s')")
    bind = op.get_bind()
    bind.execute(sa.text("INSERT INTO kinds (name) VALUES (:name)"), [{"name": "f"}, {"name": "g"}])


def downgrade():
    pass
