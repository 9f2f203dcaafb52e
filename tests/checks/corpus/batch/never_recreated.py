"""Said aloud that it is not copied."""

import sqlalchemy as sa
from alembic import op

revision = "624036bffe70"
down_revision = None


def upgrade():
    with op.batch_alter_table("users", recreate="never") as batch:
        batch.alter_column("age", type_=sa.BigInteger(), existing_type=sa.Integer())  # found: alter-column-type
        batch.alter_column("mail", new_column_name="email")  # found: rename-column


def downgrade():
    pass
