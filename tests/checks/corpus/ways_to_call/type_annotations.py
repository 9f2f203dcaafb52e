"""Types everywhere, as the newer templates write them."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import sqlalchemy as sa
from alembic import op

revision = "729be29570b5"
down_revision = None

Kind = TypeVar("Kind")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
TABLE: Final = "users"


class Added(Generic[Kind]):
    def __init__(self, name: str, kind: Kind) -> None:
        self.column: sa.Column[Kind] = sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(TABLE, Added("age", sa.Integer()).column)  # found: add-column-not-null


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column(TABLE, "age")  # back, found: drop-column
