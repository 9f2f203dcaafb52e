"""Lists of tables, schemas, views, enums, sequences."""

import sqlalchemy as sa
from alembic import op

revision = "441f1c7b492f"
down_revision = None


def upgrade():
    inspector = sa.inspect(op.get_bind())
    assert "users" not in inspector.get_table_names()
    assert inspector.get_view_names() == []
    assert inspector.get_enums() == []
    assert inspector.get_sequence_names() == []
    for schema in inspector.get_schema_names():
        op.execute(f'DROP TABLE "{schema}".users')  # found: drop-table
    op.drop_column("users", "age")  # found: drop-column


def downgrade():
    pass
