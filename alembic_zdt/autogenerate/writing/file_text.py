"""Edits of a revision file that a template cannot make: phase and import of ``op``."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from alembic.operations import ops

from alembic_zdt.autogenerate.comparing.deferred import DEFERRED, WRITTEN
from alembic_zdt.contract_gate.expands import CHANGE
from alembic_zdt.operations.base import ZdtOperation

_OP = re.compile(r"^from alembic import op$", re.MULTILINE)
_OUR_OP = "from alembic_zdt import op"
_MARKER = "zdt_phase"


def edited(text: str, script: Any) -> str:
    """Return the text of a revision file with its phase and the right ``op``.

    Args:
        text: the rendered template.
        script: Alembic's ``MigrationScript``, which has the phase.
    """
    if any(isinstance(op, ZdtOperation) for op in _operations(script)):
        text = _OP.sub(_OUR_OP, text)
    body = _head(text)
    if any(_MARKER in _names(node) for node in body):
        return text
    lines = text.splitlines(keepends=True)
    lines.insert(_place(body), "".join(_marks(script)))
    return "".join(lines)


def _marks(script: Any) -> Iterator[str]:
    yield f'{_MARKER} = "{script.zdt_phase.value}"\n'
    if script.zdt_change:
        yield f"{CHANGE} = {json.dumps(script.zdt_change)}\n"
    for name, values in (
        (DEFERRED, script.zdt_deferred),
        (WRITTEN, getattr(script, "zdt_contract_of", ())),
    ):
        if values:
            lines = "".join(f"    {value!r},\n" for value in values)
            yield f"{name} = [\n{lines}]\n"


def _operations(script: ops.MigrationScript) -> Iterator[Any]:
    containers = [*script.upgrade_ops_list, *script.downgrade_ops_list]
    for container in containers:
        yield from container.ops


def _head(text: str) -> list[ast.stmt]:
    """Parse the statements before the functions, because these may be very long."""
    try:
        return ast.parse(text.partition("\ndef ")[0]).body
    except SyntaxError:  # a decorator, for example
        return ast.parse(text).body


def _place(body: Sequence[ast.stmt]) -> int:
    """Return the last line of the imports and of Alembic's variables."""
    place = 0
    for node in body:
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        if is_import or _names(node) & _REVISION:
            place = node.end_lineno or place
    return place


_REVISION = {"revision", "down_revision", "branch_labels", "depends_on"}


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.AnnAssign):
        targets: list[Any] = [node.target]
    else:
        targets = node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}
