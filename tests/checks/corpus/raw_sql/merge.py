"""The row changes that have other words."""

from alembic import op

revision = "ff2585c5cb7f"
down_revision = None


def upgrade():
    op.execute(  # found: change-rows
        "MERGE INTO users u USING people p ON u.id = p.id"
        " WHEN MATCHED THEN UPDATE SET name = p.name"
    )
    op.execute(  # found: change-rows
        "INSERT INTO users SELECT * FROM people ON CONFLICT (id) DO UPDATE SET a = 1"
    )
    op.execute("INSERT INTO kinds VALUES (1, 'a') ON CONFLICT DO NOTHING")
    op.execute("WITH gone AS (DELETE FROM users RETURNING id) SELECT count(*) FROM gone")  # found: change-rows


def downgrade():
    pass
