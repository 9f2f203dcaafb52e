"""No directive takes away what running code uses without the gate of contracts."""

from __future__ import annotations

import re

import pytest

from alembic_zdt.contract_gate.calls import as_call
from alembic_zdt.directives import DIRECTIVES
from alembic_zdt.errors import OfflineUnsupportedError
from alembic_zdt.runner.script.render import offline_server
from alembic_zdt.settings import Settings
from tools.directives import directives
from tools.recorded import operation_of

TAKES_AWAY = re.compile(
    r"\bDROP (COLUMN|TABLE|TYPE|VIEW|DEFAULT)\b|\bRENAME\b|\bSET NOT NULL\b"
)
KEEPS = {
    "create_primary_key_concurrently": "primary keys need NOT NULL, which it proves",
    "expand_rename_enum_value": "drops no type but one that it has made itself",
    "expand_rename_table": "keeps both names",
    "rename_constraint_safely": "statements name a constraint in ON CONFLICT alone",
    "rename_index_safely": "no statement names an index",
    "replace_index_concurrently": "no statement names an index",
}
"""Directives whose statements match, and why running code goes on."""


EXAMPLES = {each.name: each.parts.example for each in directives()}


def example(name):
    """The operation that the example in a directive's docstring makes."""
    return operation_of(EXAMPLES[name])


def statements(operation):
    try:
        steps = operation.steps(offline_server(Settings()))
    except OfflineUnsupportedError:
        return ""
    return " ".join(step.sql for step in steps)


@pytest.mark.parametrize("name", sorted(DIRECTIVES))
def test_directive_that_takes_something_away_is_gated(name):
    operation = example(name)
    call = as_call(operation)
    is_gated = call.is_contract or call.tightens

    if name.startswith("contract_"):
        assert call.is_contract
    if TAKES_AWAY.search(statements(operation)) and name not in KEEPS:
        assert is_gated
    if is_gated:
        assert call.is_known
        assert call.tables


@pytest.mark.parametrize("name", sorted(KEEPS))
def test_no_reason_is_left_over(name):
    assert TAKES_AWAY.search(statements(example(name)))
