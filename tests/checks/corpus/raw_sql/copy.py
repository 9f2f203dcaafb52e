"""COPY, by psycopg's cursor."""

from alembic import op

revision = "91a8a53baca9"
down_revision = None


def upgrade():
    with op.get_bind().connection.cursor() as cursor:
        with cursor.copy("COPY kinds (id, name) FROM STDIN") as copy:
            copy.write_row((1, "small"))
            copy.write("2\tlarge\n")
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
