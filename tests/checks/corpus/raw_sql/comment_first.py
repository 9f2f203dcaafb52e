"""A query behind a comment has rows, too."""

import sqlalchemy as sa
from alembic import op

revision = "6245d544063c"
down_revision = None


def upgrade():
    bind = op.get_bind()
    assert bind.execute(sa.text("-- all of them\nSELECT id FROM users")).all() == []
    assert bind.execute(sa.text("/* n */ SELECT count(*) FROM users")).scalar() == 0
    assert bind.execute(sa.text("  (SELECT id FROM users)")).all() == []
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
