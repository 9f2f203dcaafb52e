"""AUTOCOMMIT is set where a transaction is open: SQLAlchemy refuses it."""

from alembic import op

revision = "f46905ad69ef"
down_revision = None


def upgrade():
    op.drop_column("users", "age")  # found: drop-column
    bind = op.get_bind().execution_options(isolation_level="AUTOCOMMIT")  # not looked at: isolation_level may not be altered
    bind.exec_driver_sql("VACUUM FULL users")  # overlooked: rewrite-table


def downgrade():
    pass
