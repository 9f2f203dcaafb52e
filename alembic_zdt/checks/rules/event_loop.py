"""A revision that starts or needs an event loop runs with one kind of env.py only.

https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.run_async
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.revision_file import RevisionFile
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call

_STARTING = ("asyncio.run", "anyio.run", "trio.run", "run_until_complete")
_AWAITING = ("await_only", "await_fallback")
_SCHEDULING = ("create_task", "ensure_future")

_MAY_START = re.compile(
    rb"asyncio|anyio|trio|run_until_complete|await_only|await_fallback|create_task"
    rb"|ensure_future"
)


def _look(call: Call, _around: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, RevisionFile) and _MAY_START.search(act.source):
            yield from _found(act.tree)


def _found(tree: ast.Module) -> Iterator[Problem]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name.endswith(_STARTING):
            words = f"{name}() fails where an event loop runs already"
            yield Problem(words, line=node.lineno)
        elif name.endswith(_AWAITING):
            words = f"{name}() fails unless env.py runs an async driver"
            yield Problem(words, line=node.lineno)
        elif name.endswith(_SCHEDULING):
            words = f"{name}() starts a task that the upgrade does not wait for"
            yield Problem(words, line=node.lineno)


CHECK = Check(
    id="event-loop",
    severity=Severity.ERROR,
    reason="env.py decides whether an event loop runs: with an async driver it does, "
    "with a sync driver it does not. asyncio.run() fails where a loop runs, "
    "await_only() where none runs. op.get_bind() returns a sync connection in both "
    "cases, so its methods cannot be awaited. op.run_async(function) calls an async "
    "function with the connection, but works only with an async driver.",
    look=_look,
    setup="",
    bad="""\
import asyncio

async def fill():
    ...

asyncio.run(fill())""",
    good="""\
def fill(connection):
    connection.execute(sa.text("SELECT 1"))

fill(op.get_bind())""",
)
