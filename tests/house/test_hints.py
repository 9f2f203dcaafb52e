"""A call that a hint tells the user to write names the schema of the user's call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "alembic_zdt"
CALL = re.compile(r'\bop\.\w+\([^)]*\{[\w.]+\.name\}"')


def written(source: str) -> Iterator[tuple[int, str]]:
    """Yield each f-string, with its expressions as source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, ast.unparse(node)[2:-1]


def without_schema(source: str) -> list[int]:
    found = written(source)
    return [line for line, text in found if CALL.search(text) and "schema" not in text]


@pytest.mark.parametrize(
    "call",
    [
        'f\'Write op.drop_index_safely("ix", "{table.name}").\'',
        "(f'op.drop_constraint_safely(\"{name}\", '\n f'\"{self.table.name}\").')",
    ],
)
def test_call_without_a_schema_is_found(call):
    assert without_schema(call) == [1]


def test_hints_name_the_schema():
    """The calls are built by ``written_call()``, which leaves out a schema of None."""
    found = {
        str(path.relative_to(PACKAGE)): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := without_schema(path.read_text()))
    }
    assert found == {}
