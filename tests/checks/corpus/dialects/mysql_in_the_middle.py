"""Several databases in one revision."""

from alembic import op

revision = "944c2a0408f2"
down_revision = None


def upgrade():
    name = op.get_bind().dialect.name
    if name == "mysql":
        op.execute("ALTER TABLE users MODIFY age BIGINT UNSIGNED, ALGORITHM=INPLACE")
    elif name in {"postgresql", "cockroachdb"}:
        op.execute("ALTER TABLE users ALTER COLUMN age TYPE bigint")  # found: alter-column-type
    elif name == "mssql":
        op.execute("ALTER TABLE users ALTER COLUMN age BIGINT WITH (ONLINE = ON)")
    else:
        raise NotImplementedError(name)


def downgrade():
    pass
