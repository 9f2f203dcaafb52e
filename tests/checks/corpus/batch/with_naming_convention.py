"""A naming convention for constraints without a name."""

from alembic import op

revision = "9b0c977b8eed"
down_revision = None


def upgrade():
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s", "fk": "fk_%(table_name)s"}
    with op.batch_alter_table("orders", naming_convention=convention) as batch:
        batch.create_foreign_key(None, "users", ["buyer"], ["id"])  # found: add-foreign-key
        batch.create_unique_constraint(None, ["code"])  # found: add-unique


def downgrade():
    pass
