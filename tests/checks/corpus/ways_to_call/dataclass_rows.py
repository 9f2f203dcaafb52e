"""What is to be done, as data."""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op

revision = "23f5edff4841"
down_revision = None


@dataclass(frozen=True)
class Rename:
    table: str
    old: str
    new: str


RENAMES = [Rename("users", "mail", "email"), Rename("users", "tel", "phone")]


def upgrade() -> None:
    for each in RENAMES:
        op.alter_column(each.table, each.old, new_column_name=each.new)  # found: rename-column x2


def downgrade() -> None:
    for each in RENAMES:
        op.alter_column(each.table, each.new, new_column_name=each.old)  # back, found: rename-column x2
