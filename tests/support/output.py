"""JSON of the commands, held to its schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema

from alembic_zdt.commands.json_output import SCHEMA
from tools.docs_json import schema


def parsed(command: str, text: str) -> dict[str, Any]:
    """What a command has printed, without the version of the schema."""
    found: dict[str, Any] = json.loads(text)
    assert text.startswith(f'{{\n  "schema": {SCHEMA},\n')
    del found["schema"]
    return valid(command, found)


def valid(command: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The same, if it has just the keys and values of the schema, in their order."""
    output = {"schema": SCHEMA, **found}
    _validator(command).validate(output)
    assert list(output) == list(schema_of(command)["properties"])
    return dict(found)


def schema_of(name: str) -> dict[str, Any]:
    """A part of the schema."""
    part: dict[str, Any] = schema()["$defs"][name]
    return part


@cache
def _validator(command: str) -> Any:
    whole = {**schema(), "oneOf": [{"$ref": f"#/$defs/{command}"}]}
    return jsonschema.Draft202012Validator(whole)
