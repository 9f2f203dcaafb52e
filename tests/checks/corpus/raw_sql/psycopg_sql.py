"""SQL put together by psycopg."""

from alembic import op
from psycopg import sql

revision = "a591ec9c0c32"
down_revision = None


def upgrade():
    connection = op.get_bind().connection
    table = sql.Identifier("shop", "users")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER TABLE {} DROP COLUMN {}").format(table, sql.Identifier("age")))  # found: drop-column
        cursor.execute(  # found: change-rows, ddl-and-rows
            sql.SQL("UPDATE {} SET {} = {}, b = %s").format(
                table, sql.Identifier("a"), sql.Literal("it's 50%")
            ),
            (1,),
        )
    text = sql.SQL("DROP TABLE {}").format(sql.Identifier("Old orders")).as_string(None)
    op.execute(text)  # found: drop-table, several-tables


def downgrade():
    pass
