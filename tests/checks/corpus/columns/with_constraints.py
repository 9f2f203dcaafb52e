"""What comes with a column is checked for the rows that are there."""

import sqlalchemy as sa
from alembic import op

revision = "443bf0f591df"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("a", sa.Text(), unique=True))  # found: add-column-unique
    op.add_column("users", sa.Column("b", sa.Text(), index=True))  # found: add-column-index
    op.add_column("users", sa.Column("c", sa.Integer(), sa.CheckConstraint("c > 0")))  # found: add-column-check
    op.add_column("users", sa.Column("d", sa.Integer(), sa.ForeignKey("teams.id")))  # found: add-column-foreign-key, several-tables
    op.execute("ALTER TABLE users ADD COLUMN e int REFERENCES teams (id)")
    op.execute("ALTER TABLE users ADD COLUMN f int CHECK (f > 0)")  # found: add-column-check


def downgrade():
    pass
