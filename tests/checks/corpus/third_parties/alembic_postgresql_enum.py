"""alembic_postgresql_enum: the type is swapped, so the table is written anew."""

import alembic_postgresql_enum  # noqa: F401
from alembic import op  # process: own
from alembic_postgresql_enum import TableReference

revision = "ce2da6c3bc85"
down_revision = None


def upgrade():
    op.sync_enum_values(  # found: alter-column-type
        enum_schema="public",
        enum_name="kind",
        new_values=["small", "large", "huge"],
        affected_columns=[TableReference(table_schema="public", table_name="users", column_name="kind")],
        enum_values_to_rename=[],
    )


def downgrade():
    pass
