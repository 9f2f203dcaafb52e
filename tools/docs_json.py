"""The page of the JSON output, made from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alembic_zdt.commands import json_output
from tools.markdown import NOTICE, code, table

SCHEMA = Path(json_output.__file__).with_name("output_schema.json")
INTRO = """\
# JSON output

{notice}

Each command with `--json` prints one object.
Its first key is `schema`, the version of the keys on this page: {version}.
A minor version of the package may add keys.
If a key is removed or gets another meaning, the version rises.

Every key is always there; `null` stands for what is unknown or empty.
The package contains this page as a
[JSON Schema](../alembic_zdt/commands/output_schema.json).

`lint --format gitlab` and `lint --format sarif` print the JSON that GitLab and SARIF
define.\
"""


def schema() -> dict[str, Any]:
    """Return the schema of all commands."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def page() -> str:
    """Return the page: a table of keys for each command, and for each shared part."""
    version = code(str(json_output.SCHEMA))
    parts = [INTRO.format(notice=NOTICE, version=version)]
    for name, part in schema()["$defs"].items():
        parts += [f"## {_title(name, part)}", table(_COLUMNS, _rows(part))]
    return "\n\n".join(parts) + "\n"


_COLUMNS = ("key", "type", "meaning")


def _title(name: str, part: Mapping[str, Any]) -> str:
    if "schema" in part["properties"]:
        return code(part["description"])
    return name.replace("_", " ").capitalize()


def _rows(part: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, str]]:
    for key, value in part["properties"].items():
        name = f"{above}{key}"
        yield code(name), _type(value), _meaning(value)
        yield from _inner(name, value)


def _inner(name: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of an object that stands in a key, or in a list of a key."""
    items = value.get("items", {})
    if "properties" in items:
        yield from _rows(items, f"{name}[].")
    for each in value.get("oneOf", ()):
        if "properties" in each:
            yield from _rows(each, f"{name}.")


def _type(value: Mapping[str, Any]) -> str:
    if "const" in value:
        return code(str(value["const"]))
    if "oneOf" in value:
        return " or ".join(each["type"] for each in value["oneOf"])
    types = value["type"]
    return types if isinstance(types, str) else " or ".join(types)


def _meaning(value: Mapping[str, Any]) -> str:
    named = [code(str(each)) for each in value.get("enum", ()) if each is not None]
    target = str(value.get("items", {}).get("$ref", "")).rpartition("/")[2]
    words, anchor = target.replace("_", " "), target.replace("_", "-")
    link = f": see [{words}](#{anchor})" if target else ""
    is_told = all(each in value["description"] for each in named)
    more = "" if is_told else f": {', '.join(named)}"
    return f"{value['description']}{more}{link}"
