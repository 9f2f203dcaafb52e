"""NOT VALID, then VALIDATE in the next transaction."""

from alembic import op

revision = "3131326f16e4"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (u) REFERENCES users NOT VALID")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT f")


def downgrade():
    pass
