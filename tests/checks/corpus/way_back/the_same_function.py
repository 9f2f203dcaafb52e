"""One function for both ways."""

from alembic import op

revision = "20020b648c60"
down_revision = None


def change(*, forward):
    old, new = ("mail", "email") if forward else ("email", "mail")
    op.alter_column("users", old, new_column_name=new)  # found: rename-column; back, found: rename-column


def upgrade():
    change(forward=True)


def downgrade():
    change(forward=False)
