"""SQL in a file beside the revision: the line is that of its execute()."""

from pathlib import Path

from alembic import op

revision = "1"
down_revision = None

HERE = Path(__file__)


def upgrade():
    op.execute(HERE.with_name("change.sql").read_text(encoding="utf-8"))  # found: drop-column, create-index
    for statement in (HERE.parent / "more.sql").read_text().split(";"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)  # found: drop-index, change-rows, ddl-and-rows


def downgrade():
    pass
