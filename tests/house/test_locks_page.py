"""The page of locks: every directive, and cells that fit on a screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alembic_zdt.directives import DIRECTIVES
from tools import docs_locks
from tools.directives import directives
from tools.recorded import operation_of, steps_of

PAGE = (Path(__file__).resolve().parents[2] / "docs/locks.md").read_text()
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| directive"))
]


def test_every_directive_stands_there_once():
    named = [name for names in docs_locks.GROUPS.values() for name in names]
    linked = re.findall(r"^\| \[`(\w+)`\]", PAGE, re.MULTILINE)

    assert sorted(named) == sorted(DIRECTIVES)
    assert linked == named


def test_every_step_has_its_row():
    steps = sum(len(steps_of(operation_of(d.parts.example), 18)) for d in directives())

    assert len(ROWS) == steps
    assert {len(row) for row in ROWS} == {len(docs_locks.COLUMNS)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_statement_is_one_short_line(row):
    statement = row[1]

    assert 0 < len(statement) <= 100
    assert statement.startswith("`")
    assert not statement.startswith("`DO ")
    assert "LANGUAGE" not in statement


def test_no_hash_and_no_body_of_a_function_is_shown():
    assert not re.search(r"_[0-9a-f]{8}\b", PAGE)
    assert "$zdt$" not in PAGE
    assert "BEGIN" not in PAGE
    assert "zdt_sync_<hash>" in PAGE


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("zdt_sync_a_b_4ddfff63", "zdt_sync_<hash>"),
        ("zzz_zdt_sync_a_b_0e96f791", "zzz_zdt_sync_<hash>"),
        ("zdt_up_a__328f040a", "zdt_up_<hash>"),
        ("zdt_new_ix_orders", "zdt_new_ix_orders"),
        ("ix_deadbeef", "ix_deadbeef"),
    ],
)
def test_derived_name_loses_its_hash(name, shown):
    assert docs_locks.without_hashes(f"DROP TRIGGER {name} ON t") == (
        f"DROP TRIGGER {shown} ON t"
    )
