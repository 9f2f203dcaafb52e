"""No directive takes away what running code uses without the gate of contracts."""

from __future__ import annotations

import inspect
import re
import textwrap

import pytest
import sqlalchemy as sa
from alembic.operations import Operations

from alembic_zdt import compat, registration
from alembic_zdt.contract_gate.calls import as_call
from alembic_zdt.errors import OfflineUnsupportedError
from alembic_zdt.operations._base import DIRECTIVES
from alembic_zdt.runner.offline import offline_server
from alembic_zdt.runner.offline_contexts import offline_context
from alembic_zdt.settings import Settings

TAKES_AWAY = re.compile(
    r"\bDROP (COLUMN|TABLE|TYPE|VIEW|DEFAULT)\b|\bRENAME\b|\bSET NOT NULL\b"
)
KEEPS = {
    "create_primary_key_concurrently": "primary keys need NOT NULL, which it proves",
    "expand_rename_table": "keeps both names",
    "rename_constraint_safely": "statements name a constraint in ON CONFLICT alone",
    "rename_index_safely": "no statement names an index",
    "replace_index_concurrently": "no statement names an index",
}
"""Directives whose statements match, and why running code goes on."""


def example(name):
    """The operation that the example in a directive's docstring makes."""
    source = inspect.getdoc(getattr(Operations, name))
    text = source.partition("Example::")[2].partition("Instead of::")[0]
    lines = text.splitlines()
    code = "\n".join(line for line in lines if line.startswith("    "))
    found = []

    def keep(_go_on, operation):
        found.append(operation)

    with Operations.context(offline_context()) as op, compat.intercepted(keep):
        names = {"op": op, "sa": sa}
        exec(textwrap.dedent(code), names)  # noqa: S102  # ours
    return next(each for each in found if each.directive == name)


def statements(operation):
    try:
        steps = operation.steps(offline_server(Settings()))
    except OfflineUnsupportedError:
        return ""
    return " ".join(step.sql for step in steps)


registration.register()


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
