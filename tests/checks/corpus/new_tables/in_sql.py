"""The same by SQL."""

from alembic import op

revision = "51a1c4743818"
down_revision = None


def upgrade():
    op.execute("""
        CREATE TABLE IF NOT EXISTS orders (
            id bigserial PRIMARY KEY,
            buyer_id int REFERENCES users (id),
            code text UNIQUE NOT NULL CHECK (code <> '')
        );
        CREATE INDEX ON orders (buyer_id);
        ALTER TABLE orders ADD COLUMN note text NOT NULL;
        ALTER TABLE ONLY orders ALTER COLUMN note TYPE varchar(20);
        ALTER TABLE public.orders ADD CONSTRAINT uq UNIQUE (note);
        UPDATE orders SET note = '';
        LOCK TABLE orders;
        TRUNCATE orders;
    """)


def downgrade():
    pass
