"""What takes no lock of which the application knows."""

from alembic import op

revision = "8678dca7bf7a"
down_revision = None


def upgrade():
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE SCHEMA IF NOT EXISTS shop AUTHORIZATION CURRENT_USER")
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC")
    op.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC")
    op.execute("CREATE SEQUENCE IF NOT EXISTS numbers START 10; SELECT setval('numbers', 20)")
    op.execute("ALTER SEQUENCE numbers OWNED BY users.id")
    op.execute("CREATE OR REPLACE VIEW adults AS SELECT * FROM users WHERE age > 17")
    op.execute("ANALYZE users")
    op.execute("SET search_path TO shop, public")
    op.execute("ALTER TABLE users SET (autovacuum_vacuum_scale_factor = 0.01)")
    op.execute("ALTER TABLE users ALTER COLUMN email SET STATISTICS 500")
    op.execute("COMMENT ON TABLE users IS 'people'")


def downgrade():
    pass
