"""A naming convention, and tables copied from elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "028fad95a11b"
down_revision = None

metadata = sa.MetaData(naming_convention={"ix": "ix_%(column_0_label)s"})
audit = sa.Table("audit", metadata, sa.Column("id", sa.Integer, index=True))


def upgrade():
    op.create_table(audit.name, *[column.copy() for column in ()])
    op.create_index(op.f("ix_audit_id"), "audit", ["id"])
    with op.batch_alter_table("audit") as batch:
        batch.add_column(sa.Column("code", sa.Text(), nullable=False, unique=True))
        batch.create_index("ix_audit_code", ["code"])


def downgrade():
    pass
