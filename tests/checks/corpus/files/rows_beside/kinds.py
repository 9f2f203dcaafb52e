"""Rows in JSON and CSV beside the revision."""

import csv
import json
import os

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

FOLDER = os.path.dirname(os.path.abspath(__file__))


def upgrade():
    kinds = sa.table("kinds", sa.column("id"), sa.column("name"))
    with open(os.path.join(FOLDER, "kinds.json"), encoding="utf-8") as file:
        op.bulk_insert(kinds, json.load(file))
    with open(os.path.join(FOLDER, "names.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            op.execute(kinds.update().where(kinds.c.id == row["id"]).values(name=row["name"]))  # found: change-rows


def downgrade():
    op.execute("DELETE FROM kinds")  # back, found: change-rows
