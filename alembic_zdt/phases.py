"""The phase of a revision: what it says itself, or what its calls say.

Before the new code is deployed: *expand* and *migrate*.  After every old process is
gone: *contract*.

``zdt_phase = "contract"`` in a revision is its word.  Without, its phase is that of the
latest call in its functions, those of the downgrade left out: ``op.contract_...()`` and
``op.remove_enum_value()`` are *contract*; ``op.migrate_...()`` and ``op.backfill()``
are *migrate*; all else is *expand*.  The file is read, not run, so calls in other
modules are not seen.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from alembic_zdt.errors import UsageError

if TYPE_CHECKING:
    from alembic.script import Script


class Phase(Enum):
    """A part of a workflow, in the order in which they are run."""

    EXPAND = "expand"
    MIGRATE = "migrate"
    CONTRACT = "contract"

    def __lt__(self, other: Phase) -> bool:
        order = list(Phase)
        return order.index(self) < order.index(other)


def phase_named(name: str, where: str) -> Phase:
    """The phase of that name.

    Args:
        name: as somebody wrote it.
        where: what they wrote it for.

    Raises:
        UsageError: there is no such phase.
    """
    try:
        return Phase(name)
    except ValueError:
        raise UsageError(
            f'{where} is "{name}", which is no phase',
            detail='The phases are "expand", "migrate" and "contract".',
            hint="Write one of them.",
        ) from None


def phase_of(revision: Script) -> Phase:
    """The phase of a revision.

    Raises:
        UsageError: its ``zdt_phase`` is none.
    """
    said = getattr(revision.module, "zdt_phase", None)
    if said is not None:
        return phase_named(said, f'zdt_phase of revision "{revision.revision}"')
    if not names_directive(revision):
        return Phase.EXPAND
    return max(
        (_phase_of_call(call) for call in calls_of(revision)), default=Phase.EXPAND
    )


def _phase_of_call(call: ast.Call) -> Phase:
    name = name_of(call)
    if name == "backfill" and _is_queued(call):
        return Phase.EXPAND
    return phase_of_call(name)


def phase_of_call(name: str) -> Phase:
    """The phase of a directive by its name."""
    if name.startswith("contract_") or name == "remove_enum_value":
        return Phase.CONTRACT
    if name.startswith("migrate_") or name == "backfill":
        return Phase.MIGRATE
    return Phase.EXPAND


def name_of(call: ast.Call) -> str:
    """``name`` of ``op.name(...)`` and of ``name(...)``."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _is_queued(call: ast.Call) -> bool:
    """Whether a backfill is left to other processes, so that the call takes no time."""
    return any(
        word.arg == "mode"
        and isinstance(word.value, ast.Constant)
        and word.value.value == "background"
        for word in call.keywords
    )


def calls_of(revision: Script) -> Iterator[ast.Call]:
    """The calls in all its functions but those of the downgrade, in no order."""
    for function in functions_of(revision):
        nodes = ast.walk(function)
        yield from (node for node in nodes if isinstance(node, ast.Call))


def functions_of(revision: Script) -> list[ast.FunctionDef]:
    """The functions of its file, those left out whose name begins with downgrade."""
    return [
        node
        for node in ast.parse(source_of(revision)).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("downgrade")
    ]


def names_directive(revision: Script) -> bool:
    """Whether the name of a directive, or one like it, stands anywhere in the file.

    To search a file takes a hundredth of the time that it takes to parse it; what is
    found is kept with the revision.
    """
    found: bool | None = getattr(revision, _NAMES, None)
    if found is None:
        found = _directive().search(source_of(revision)) is not None
        setattr(revision, _NAMES, found)
    return found


_NAMES = "_zdt_names_directive"


@functools.cache
def _directive() -> re.Pattern[bytes]:
    from alembic_zdt import registration  # noqa: PLC0415  # it knows us

    names = sorted((*registration.DIRECTIVES, *registration.REMARKS))
    return re.compile(rf"\b(?:contract_|migrate_|(?:{'|'.join(names)})\b)".encode())


def source_of(revision: Script) -> bytes:
    """The text of its file, empty where there is none that can be read."""
    path = str(revision.path)
    if not path.endswith(".py"):  # sourceless: there is only what it says itself
        return b""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a third of the time
            return file.read()
    except OSError:  # in an archive, for example
        return b""
