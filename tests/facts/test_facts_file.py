"""Files of facts that are older, newer, broken, or files of another thing."""

from __future__ import annotations

import json

import pytest

from alembic_zdt.errors import UsageError
from alembic_zdt.facts.exported import ExportedDatabase, Facts
from alembic_zdt.facts.facts_file import SCHEMA, read, text_of

FACTS = Facts(
    "2026-11-29T20:15:00+00:00",
    None,
    (ExportedDatabase("shop", ("r1",), 160004, {"fsync": "on"}, ("public",), (), ()),),
)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "facts.json"
    path.write_text(text_of(FACTS))

    assert read(path) == FACTS


def test_keys_of_a_later_version_are_ignored(tmp_path):
    path = tmp_path / "facts.json"
    found = json.loads(text_of(FACTS))
    found["weather"] = found["databases"][0]["weather"] = "fair"
    path.write_text(json.dumps(found))

    assert read(path) == FACTS


def test_file_of_a_newer_schema(tmp_path):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"schema": SCHEMA + 1, "other": []}))

    with pytest.raises(UsageError) as raised:
        read(path)

    assert raised.value.primary == f'cannot read the facts "{path}": their schema is 2'
    assert raised.value.hint.startswith("Upgrade alembic-zdt here")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "Expecting value"),
        ("[" * 100_000, "RecursionError"),
        ("[]", 'the key "schema" is not'),
        ('{"schema": true}', 'the key "schema" is not'),
        ('{"schema": 1, "findings": {}}', 'the key "exported_at" is missing'),
        ({"databases": []}, 'the key "databases" is empty'),
        ({"databases": ["x"]}, "databases[0] is not an object"),
        ({"databases": {}}, "databases is not of the right type"),
        ({"exported_at": "yesterday"}, "yesterday"),
        ({"salt": 5}, "salt is not of the right type"),
    ],
)
def test_file_that_no_export_writes(tmp_path, text, detail):
    path = tmp_path / "facts.json"
    if not isinstance(text, str):
        text = json.dumps(json.loads(text_of(FACTS)) | text)
    path.write_text(text)

    with pytest.raises(UsageError) as raised:
        read(path)

    assert raised.value.primary == f'cannot read the facts "{path}"'
    assert detail in raised.value.detail
    assert str(path) in raised.value.hint


def test_file_that_is_missing_or_no_text(tmp_path):
    path = tmp_path / "facts.json"
    with pytest.raises(UsageError, match="FileNotFoundError"):
        read(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="UnicodeDecodeError"):
        read(path)


def test_part_that_is_not_of_the_right_type(tmp_path):
    path = tmp_path / "facts.json"
    found = json.loads(text_of(FACTS))
    found["databases"][0]["server_version"] = "16"
    path.write_text(json.dumps(found))

    with pytest.raises(UsageError, match=r"databases\[0\].server_version is not"):
        read(path)
