"""The cursor of the driver."""

from alembic import op

revision = "22cde5561729"
down_revision = None


def upgrade():
    connection = op.get_bind().connection
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE users DROP COLUMN age")  # found: drop-column
        cursor.execute("UPDATE users SET a = %s WHERE b LIKE 'x%%'", ("y",))  # found: change-rows, ddl-and-rows
        cursor.execute("UPDATE users SET a = b % 2")  # found: change-rows, ddl-and-rows
        cursor.execute("DELETE FROM users WHERE name LIKE '%s'")  # found: change-rows, ddl-and-rows
        cursor.execute(b"TRUNCATE users")  # found: truncate-table
        cursor.executemany("DELETE FROM users WHERE id = %s", [(1,), (2,)])  # found: change-rows, ddl-and-rows
        cursor.execute("SELECT id FROM users")
        assert cursor.fetchall() == []
    cursor = connection.driver_connection.cursor()
    cursor.execute("DROP INDEX ix_users_email")  # found: drop-index
    cursor.close()


def downgrade():
    pass
