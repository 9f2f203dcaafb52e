"""Parameters of each kind."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "d929e913a728"
down_revision = None


def upgrade():
    bind = op.get_bind()
    some = sa.text("DELETE FROM users WHERE id IN :ids").bindparams(
        sa.bindparam("ids", expanding=True)
    )
    bind.execute(some, {"ids": [1, 2, 3]})  # found: change-rows
    bind.execute(  # found: change-rows
        sa.text("UPDATE users SET data = :d").bindparams(sa.bindparam("d", type_=JSONB)),
        {"d": {"percent": "100%"}},
    )
    bind.execute(  # found: change-rows
        sa.text("UPDATE users SET a = :a WHERE id = :id"),
        [{"a": 1, "id": 1}, {"a": 2, "id": 2}],
    )


def downgrade():
    pass
