"""inserted_primary_key of a table."""

import sqlalchemy as sa
from alembic import op

revision = "0b1a89c78113"
down_revision = None


def upgrade():
    teams = sa.Table("teams", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    done = op.get_bind().execute(teams.insert().values(name="all"))
    (team,) = done.inserted_primary_key
    op.execute(sa.text("UPDATE users SET team = :team").bindparams(team=team))  # found: change-rows


def downgrade():
    pass
