"""The file of ``alembic-zdt facts export``."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from alembic_zdt.errors import UsageError
from alembic_zdt.facts.exported import Facts

SCHEMA = 1
"""The version of the file.

It rises when a key is removed or gets another meaning, not when one is added.
"""


def text_of(facts: Facts) -> str:
    """Return the text of the file."""
    return json.dumps({"schema": SCHEMA, **asdict(facts)}, indent=1) + "\n"


def read(path: Path) -> Facts:
    """Return the facts in a file, which may have an older schema.

    Raises:
        UsageError: the file is missing, broken, not a file of facts, or too new.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        schema = _schema(value)
        if schema <= SCHEMA:
            facts: Facts = _object(Facts, value, "")
            _check(facts)
            return facts
    except (TypeError, ValueError, OSError, RecursionError) as error:
        raise UsageError(
            f'cannot read the facts "{path}"',
            detail=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}.",
            hint=f"Write the facts with alembic-zdt facts export -o {path}.",
        ) from error
    raise UsageError(
        f'cannot read the facts "{path}": their schema is {schema}',
        detail=f"This version of alembic-zdt reads schemas up to {SCHEMA}.",
        hint="Upgrade alembic-zdt here, or export the facts with this version.",
    )


def _schema(value: Any) -> int:
    schema = value.get("schema") if isinstance(value, dict) else None
    if type(schema) is not int or schema < 1:
        raise ValueError('the key "schema" is not the number of a schema')
    return schema


def _check(facts: Facts) -> None:
    """Refuse facts that no export writes, such as facts of no database."""
    datetime.fromisoformat(facts.exported_at)
    if not facts.databases:
        raise ValueError('the key "databases" is empty')


def _object(kind: Any, value: Any, place: str) -> Any:
    """Return an object of a dataclass.

    Keys that a later version has added are ignored.  A key that an older version does
    not write has a default.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"{place} is not an object")
    hints = get_type_hints(kind)
    return kind(
        **{
            each.name: _value(
                hints[each.name], value[each.name], f"{place}.{each.name}".lstrip(".")
            )
            for each in fields(kind)
            if each.name in value or _is_needed(each, place)
        }
    )


def _is_needed(wanted: Field[Any], place: str) -> bool:
    if wanted.default is MISSING and wanted.default_factory is MISSING:
        where = f" in {place}" if place else ""
        raise ValueError(f'the key "{wanted.name}" is missing{where}')
    return False


def _value(kind: Any, value: Any, place: str) -> Any:
    """Return a value of a type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        (wanted,) = (each for each in arguments if each is not type(None))
        return None if value is None else _value(wanted, value, place)
    if origin is tuple and isinstance(value, list):
        items = enumerate(value)
        return tuple(_value(arguments[0], each, f"{place}[{n}]") for n, each in items)
    if origin is dict and isinstance(value, dict):
        found = value.items()
        return {
            key: _value(arguments[1], each, f"{place}.{key}") for key, each in found
        }
    if is_dataclass(kind):
        return _object(kind, value, place)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{place} is not of the right type")
    return value
