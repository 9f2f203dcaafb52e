"""What all revisions of a project share."""

from alembic import op


def add_index(table, column):
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def drop_columns(table, *columns):
    with op.batch_alter_table(table) as batch:
        for column in columns:
            batch.drop_column(column)
