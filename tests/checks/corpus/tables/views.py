"""Views around a change of their table."""

from alembic import op

revision = "1ded965bade7"
down_revision = None


def upgrade():
    op.execute("DROP VIEW IF EXISTS adults")  # not looked at: DROP VIEW
    op.drop_column("users", "age")  # found: drop-column
    op.execute("CREATE VIEW adults AS SELECT id FROM users")
    op.execute("CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM users")
    op.execute("CREATE UNIQUE INDEX ON totals (count)")


def downgrade():
    pass
