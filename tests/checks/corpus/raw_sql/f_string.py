"""Names by f-string, format() and %."""

from alembic import op

revision = "6126dccee7dc"
down_revision = None


def upgrade():
    table, schema = "users", "shop"
    op.execute(f"ALTER TABLE {schema}.{table} DROP COLUMN age")  # found: drop-column
    op.execute("ALTER TABLE {}.{} DROP COLUMN size".format(schema, table))  # found: drop-column
    op.execute("ALTER TABLE %s.%s DROP COLUMN weight" % (schema, table))  # found: drop-column


def downgrade():
    pass
