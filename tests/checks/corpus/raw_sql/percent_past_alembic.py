"""Below Alembic, where a driver reads %% as one."""

from alembic import op

revision = "f3870bf0a62c"
down_revision = None


def upgrade():
    bind = op.get_bind()
    bind.exec_driver_sql("UPDATE users SET a = 1 WHERE b LIKE '50%%'")  # found: change-rows
    bind.exec_driver_sql("UPDATE users SET a = b %% 2")  # found: change-rows
    bind.exec_driver_sql("UPDATE users SET a = %s WHERE b = %s", (1, 2))  # found: change-rows
    bind.exec_driver_sql("UPDATE users SET a = %(a)s, b = b %% 2", {"a": 1})  # found: change-rows
    bind.exec_driver_sql("DELETE FROM users WHERE name LIKE '%s%%'")  # found: change-rows
    bind.exec_driver_sql("UPDATE users SET a = $1", (1,))  # found: change-rows


def downgrade():
    pass
