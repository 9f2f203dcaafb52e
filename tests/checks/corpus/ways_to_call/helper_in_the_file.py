"""A function that all of the revisions of a project copy: the line is that of its call of op."""

from alembic import op

revision = "0717ca79803f"
down_revision = None


def drop_if_there(table, column):
    op.drop_column(table, column)  # found: drop-column x2


def upgrade():
    drop_if_there("users", "age")
    drop_if_there("users", "size")


def downgrade():
    pass
