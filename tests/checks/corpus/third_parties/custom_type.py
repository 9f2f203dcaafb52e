"""Types that a project defines."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeDecorator

revision = "9ebf09cf4f65"
down_revision = None


class Utc(TypeDecorator):
    impl = sa.DateTime(timezone=True)
    cache_ok = True


def upgrade():
    op.add_column("users", sa.Column("seen", Utc(), nullable=False))  # found: add-column-not-null
    op.alter_column("users", "born", existing_type=sa.Date(), type_=Utc())  # found: alter-column-type


def downgrade():
    pass
