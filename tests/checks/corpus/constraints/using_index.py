"""An index that was built concurrently becomes the constraint."""

from alembic import op

revision = "46ff4968dcbc"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("uq", "users", ["email"], unique=True, postgresql_concurrently=True)
    op.execute("ALTER TABLE users ADD CONSTRAINT uq UNIQUE USING INDEX uq")  # found: autocommit-block-mixed
    op.execute("ALTER TABLE users ADD CONSTRAINT pk PRIMARY KEY USING INDEX pk_new")  # found: add-primary-key-using-index


def downgrade():
    pass
