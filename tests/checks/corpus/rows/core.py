"""Constructs of SQLAlchemy, through op and through the connection."""

import sqlalchemy as sa
from alembic import op

revision = "bd030265b2f1"
down_revision = None


def upgrade():
    users = sa.table("users", sa.column("id"), sa.column("name"), sa.column("team"))
    teams = sa.table("teams", sa.column("id"), sa.column("name"))
    op.execute(users.update().where(users.c.name == op.inline_literal("x")).values(name="y"))  # found: change-rows
    op.get_bind().execute(sa.update(users).values(name=sa.func.upper(users.c.name)))  # found: change-rows
    op.execute(users.delete().where(users.c.id.in_([1, 2])))  # found: change-rows
    op.execute(users.insert().from_select(["id", "name"], sa.select(teams.c.id, teams.c.name)))  # found: change-rows
    op.execute(  # found: change-rows
        users.update()
        .where(users.c.team == teams.c.id)
        .values(name=sa.select(teams.c.name).scalar_subquery())
    )


def downgrade():
    pass
