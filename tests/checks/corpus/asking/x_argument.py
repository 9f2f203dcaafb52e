"""An argument of the command line, and a default."""

from alembic import context, op

revision = "60e3e725bd07"
down_revision = None


def upgrade():
    # x: tenant=acme
    tenant = context.get_x_argument(as_dictionary=True).get("tenant", "public")
    op.execute(f"ALTER TABLE {tenant}.users DROP COLUMN age")  # found: drop-column
    if tenant == "acme":
        op.drop_table("orders", schema=tenant)  # found: drop-table, several-tables


def downgrade():
    pass
