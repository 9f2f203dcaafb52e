"""The call that ends an open window, with the arguments of the call that began it.

The catalog knows the columns of a window, but not the expressions that convert their
values, nor types as they are written in Python.
"""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from alembic_zdt.catalog.windows.open_windows import Ending
from alembic_zdt.contract_gate.calls import touched
from alembic_zdt.operations.base import REGISTERED
from alembic_zdt.phases import operations_of

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory


def call_that_ends(script: ScriptDirectory, ending: Ending) -> str | None:
    """Return the call that ends a window, None if the call that began it is unknown.

    It has the options of the call that began the window.

    Args:
        script: the revisions.
        ending: the end of the window, as the catalog shows it.
    """
    directive = ending.directive
    expand = directive.replace("contract_", "expand_")
    try:
        revisions = list(script.walk_revisions())
    except CommandError:
        return None
    for revision in revisions:
        for name, call in operations_of(revision):
            if name not in (expand, directive):
                continue
            found = touched(name, call, vars(revision.module))
            names = {table.name for table in found.tables}
            if ending.table in names and ending.column in found.columns:
                return _written(directive, call)
    return None


def _written(directive: str, call: ast.Call) -> str:
    """Return the call of another phase, without options that the phase lacks."""
    function: Any = getattr(REGISTERED[directive], directive)
    known = inspect.signature(function).parameters
    words = [word for word in call.keywords if word.arg in known]
    made = ast.Call(ast.Name(f"op.{directive}"), call.args, words)
    return ast.unparse(ast.fix_missing_locations(made))
