"""What reads or writes all of a table."""

from alembic import op

revision = "da99a405616b"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE users SET UNLOGGED")  # found: rewrite-table
    op.execute("CLUSTER users USING ix_users_email")  # found: rewrite-table
    op.execute("REINDEX TABLE users")  # found: reindex
    op.execute("TRUNCATE users RESTART IDENTITY CASCADE")  # found: truncate-table
    op.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")  # found: lock-table
    op.execute("ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid() NOT NULL")  # found: add-column-volatile-default
    op.execute("ALTER TABLE users ADD COLUMN n bigserial")  # found: add-column-identity
    op.execute("ALTER TABLE users ADD CONSTRAINT ck CHECK (age > 0)")  # found: add-check
    op.execute("ALTER TABLE users ADD PRIMARY KEY (id)")  # found: add-primary-key
    op.execute("ALTER TABLE ONLY public.users ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES users (id)")  # found: add-foreign-key


def downgrade():
    pass
