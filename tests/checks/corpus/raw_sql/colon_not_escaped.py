"""What SQLAlchemy takes for a parameter fails with a server, too."""

from alembic import op

revision = "53e31e67174c"
down_revision = None


def upgrade():
    op.drop_column("users", "age")  # found: drop-column
    op.execute("DELETE FROM users WHERE data ->> ':x' = 'y'")  # not looked at: bind parameter 'x'


def downgrade():
    pass
