"""Types of packages that are not here."""

import sqlalchemy as sa
from alembic import op

revision = "058b488f2e04"
down_revision = None


def upgrade():
    # stub: sqlalchemy_utils_that_is_not_here
    from alembic import op
    from sqlalchemy_utils_that_is_not_here import types

    op.drop_index("ix_users_email")  # found: drop-index
    op.add_column("users", sa.Column("phone", types.PhoneNumberType(20)))


def downgrade():
    pass
