"""A class that does it."""

import sqlalchemy as sa
from alembic import op

revision = "c06971f3f337"
down_revision = None


class Migration:
    table = "users"

    def forward(self):
        self.add("age", sa.Integer())
        self.add("size", sa.Integer())

    def add(self, name, kind):
        op.add_column(self.table, sa.Column(name, kind))
        op.create_index(f"ix_{name}", self.table, [name])  # found: create-index x2

    def backward(self):
        op.drop_column(self.table, "age")  # back, found: drop-column


def upgrade():
    Migration().forward()


def downgrade():
    Migration().backward()
