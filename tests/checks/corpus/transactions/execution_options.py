"""Options that change how rows come."""

import sqlalchemy as sa
from alembic import op

revision = "b7dff1b0e79d"
down_revision = None


def upgrade():
    bind = op.get_bind().execution_options(stream_results=True, yield_per=100)
    for row in bind.execute(sa.text("SELECT id FROM users")):
        raise RuntimeError(row)
    result = bind.execution_options(no_parameters=True).exec_driver_sql("SELECT 'x' LIKE '%'")
    assert result.all() == []
    op.execute("DELETE FROM users", execution_options={"no_parameters": True})  # found: change-rows


def downgrade():
    pass
