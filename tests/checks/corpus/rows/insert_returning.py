"""The key of a row that was added."""

import sqlalchemy as sa
from alembic import op

revision = "898a3b7edf42"
down_revision = None


def upgrade():
    bind = op.get_bind()
    team = bind.execute(
        sa.text("INSERT INTO teams (name) VALUES ('all') RETURNING id")
    ).scalar_one()
    first, second = bind.execute(
        sa.text("INSERT INTO teams (name) VALUES ('a') RETURNING id, name")
    ).one()
    teams = sa.table("teams", sa.column("id"), sa.column("name"))
    key = bind.execute(teams.insert().values(name="b").returning(teams.c.id)).scalar()
    assert None not in {team, first, second, key}
    op.execute(f"UPDATE users SET team = {team}")  # found: change-rows


def downgrade():
    pass
