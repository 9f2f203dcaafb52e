"""Another name for a column, with a schema and with quotes."""

from alembic import op

revision = "e61663768a12"
down_revision = None


def upgrade():
    op.alter_column("users", "mail", new_column_name="email")  # found: rename-column
    op.alter_column("Users", "E-Mail", new_column_name="email", schema="Shop")  # found: rename-column, several-tables
    op.execute('ALTER TABLE "Shop"."Users" RENAME "from" TO "to"')  # found: rename-column


def downgrade():
    pass
