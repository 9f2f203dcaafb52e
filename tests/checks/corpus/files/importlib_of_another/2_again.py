"""The other one is loaded by its path."""

import importlib.util
from pathlib import Path

revision = "2"
down_revision = "1"


def first():
    path = Path(__file__).with_name("1_first.py")
    spec = importlib.util.spec_from_file_location("first_revision", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def upgrade():
    first().downgrade()  # found: drop-index


def downgrade():
    first().upgrade()  # back, found: create-index
