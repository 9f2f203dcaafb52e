"""Changes of a type: some only change the catalog."""

import sqlalchemy as sa
from alembic import op

revision = "4de76c5cf5bf"
down_revision = None


def upgrade():
    op.alter_column("users", "a", existing_type=sa.String(20), type_=sa.String(40))
    op.alter_column("users", "b", existing_type=sa.String(20), type_=sa.Text())
    op.alter_column("users", "c", existing_type=sa.VARCHAR(length=20), type_=sa.VARCHAR())
    op.alter_column("users", "d", existing_type=sa.Numeric(8, 2), type_=sa.Numeric(12, 2))
    op.alter_column("users", "e", existing_type=sa.Integer(), type_=sa.BigInteger())  # found: alter-column-type
    op.alter_column("users", "f", existing_type=sa.String(40), type_=sa.String(20))  # found: alter-column-type
    op.alter_column("users", "g", existing_type=sa.Text(), type_=sa.Integer(), postgresql_using="g::integer")  # found: alter-column-type
    op.alter_column("users", "h", existing_type=sa.Numeric(8, 2), type_=sa.Numeric(12, 3))  # found: alter-column-type
    op.alter_column("users", "i", existing_type=sa.JSON(), type_=sa.dialects.postgresql.JSONB())  # found: alter-column-type
    op.alter_column("users", "j", type_=sa.Text())  # found: alter-column-type


def downgrade():
    pass
