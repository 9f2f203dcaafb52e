"""JSON of the commands, which ``output_schema.json`` in this folder describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SCHEMA = 1
"""The version of the schema.

It rises when a key is removed or gets another meaning, not when one is added.
"""


def printed(output: Mapping[str, Any]) -> str:
    """Return the text of an object, which begins with the version of its schema."""
    return json.dumps({"schema": SCHEMA, **output}, indent=2)
