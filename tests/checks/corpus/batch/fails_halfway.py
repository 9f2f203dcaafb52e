"""What a block did until it failed is looked at."""

from alembic import op

revision = "4408a0432919"
down_revision = None


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.drop_column("age")  # overlooked: drop-column
        raise RuntimeError("halfway")  # not looked at: RuntimeError: halfway


def downgrade():
    pass
