"""A package of helpers in the folder of the revisions, found by sys.path."""

import os
import sys

from alembic import op

sys.path.insert(0, os.path.dirname(__file__))
from shop_helpers_of_versions import TABLES, guarded  # noqa: E402

sys.path.pop(0)

revision = "1"
down_revision = None


@guarded
def upgrade():
    for table in TABLES:
        op.drop_column(table, "age")  # found: drop-column x2, several-tables


def downgrade():
    pass
