"""The phase of a revision, which the revision declares or its calls imply.

Before the new code is deployed: *expand* and *migrate*.  After every old process is
gone: *contract*.

``zdt_phase = "contract"`` in a revision declares its phase.  Without it, the phase is
the latest of those that the directives in its functions have, except in the downgrade:
``op.contract_...()`` and ``op.remove_enum_value()`` are *contract*;
``op.migrate_...()`` and ``op.backfill()`` are *migrate*; all else is *expand*.  A stock
rename or drop of a table or column that the revision has not made itself is *contract*.
The file is read, not run, so calls in other modules are not seen.  Only a directive of
this package counts, called on ``op``: a project's own function may have any name.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES
from alembic_zdt.errors import UsageError
from alembic_zdt.removals import Removals, may_remove, removals

if TYPE_CHECKING:
    from alembic.script import Script


class Phase(Enum):
    """A phase of a workflow, in the order in which the phases run."""

    EXPAND = "expand"
    MIGRATE = "migrate"
    CONTRACT = "contract"

    def __lt__(self, other: Phase) -> bool:
        order = list(Phase)
        return order.index(self) < order.index(other)

    @property
    def when(self) -> str:
        """Return when to run the phase, in the words of the documentation."""
        if self is Phase.CONTRACT:
            return "after every old process is gone"
        return "before the new code is deployed"

    @property
    def command(self) -> str:
        """Return the command that runs every revision that is due at that time."""
        if self is Phase.CONTRACT:
            return "alembic-zdt upgrade --after-deploy"
        return "alembic-zdt upgrade --before-deploy"


def phase_named(name: str, where: str) -> Phase:
    """Return the phase of that name.

    Args:
        name: the name to look up.
        where: its place, for the message.

    Raises:
        UsageError: there is no such phase.
    """
    try:
        return Phase(name)
    except ValueError:
        raise UsageError(
            f'{where} is "{name}", which is not a phase',
            detail='The phases are "expand", "migrate" and "contract".',
            hint="Write one of them.",
        ) from None


def phase_of(revision: Script) -> Phase:
    """Return the phase that a revision declares, or else that of its operations.

    A revision whose stock operations drop or rename something is a contract.

    Raises:
        UsageError: its ``zdt_phase`` is unknown.
    """
    is_declared = getattr(revision.module, "zdt_phase", None) is not None
    if not is_declared and removals_of(revision):
        return Phase.CONTRACT
    return workflow_phase_of(revision)


def removals_of(revision: Script) -> Removals:
    """Return the objects that a revision's stock operations rename or drop."""
    found: Removals | None = getattr(revision, _REMOVALS, None)
    if found is None:
        is_read = may_remove(source_of(revision))
        found = changes_in(revision) if is_read else Removals()
        setattr(revision, _REMOVALS, found)
    return found


_REMOVALS = "_zdt_removals"


def changes_in(revision: Script) -> Removals:
    """Return the objects that the upgrade of a revision creates, renames and drops."""
    nodes = _nodes_of(revision)
    operation = _Words(nodes).operation
    return removals(_functions(nodes), operation, vars(revision.module))


def workflow_phase_of(revision: Script) -> Phase:
    """Return the phase that a revision declares, or else that of its directives.

    Raises:
        UsageError: its ``zdt_phase`` is unknown.
    """
    said = getattr(revision.module, "zdt_phase", None)
    if said is not None:
        return phase_named(said, f'zdt_phase of revision "{revision.revision}"')
    if not names_directive(revision):
        return Phase.EXPAND
    return max(
        (_phase_of_call(name, call) for name, call in directives_of(revision)),
        default=Phase.EXPAND,
    )


def _phase_of_call(name: str, call: ast.Call) -> Phase:
    return Phase.EXPAND if _is_queued(call) else phase_of_call(name)


def phase_of_call(name: str) -> Phase:
    """Return the phase of a directive by its name."""
    if name not in DIRECTIVES:
        return Phase.EXPAND
    if name.startswith("contract_") or name == "remove_enum_value":
        return Phase.CONTRACT
    if name.startswith("migrate_") or name == "backfill":
        return Phase.MIGRATE
    return Phase.EXPAND


def _is_queued(call: ast.Call) -> bool:
    """Check whether a call only queues its work, as a backfill may."""
    return any(
        word.arg == "mode"
        and isinstance(word.value, ast.Constant)
        and word.value.value == "background"
        for word in call.keywords
    )


def directives_of(revision: Script) -> Iterator[tuple[str, ast.Call]]:
    """Find the directives and annotations of this package that a revision calls.

    They come in no particular order; those of the downgrade are left out.  The result
    is cached on the revision.
    """
    found: Sequence[tuple[str, ast.Call]] | None = getattr(revision, _FOUND, None)
    if found is None:
        found = tuple(_directives_in(_nodes_of(revision)))
        setattr(revision, _FOUND, found)
    yield from found


_FOUND = "_zdt_directives"


def _directives_in(nodes: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.Call]]:
    words = _Words(nodes)
    for function in _functions(nodes):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and (name := words.directive(node)):
                yield name, node


def operations_of(
    revision: Script, *, downgrade: bool = False, engine: str = ""
) -> Iterator[tuple[str, ast.Call]]:
    """Find all operations that the revision calls on ``op``, in no particular order.

    Args:
        revision: the revision whose file is read.
        downgrade: look into the functions of the downgrade instead.
        engine: the name of the database whose functions are read, if env.py has
            several.
    """
    for function, name, call in _operations_kept(revision):
        verb, _, of = function.partition("_")
        is_other = verb in {"upgrade", "downgrade"} and of not in {"", engine}
        is_wanted = function.startswith("downgrade") is downgrade
        if is_wanted and not (engine and is_other):
            yield name, call


def _operations_kept(revision: Script) -> Sequence[tuple[str, str, ast.Call]]:
    """Return each call of an operation with its function, read only once."""
    found: Sequence[tuple[str, str, ast.Call]] | None
    found = getattr(revision, _OPERATIONS, None)
    if found is None:
        found = tuple(_operations_in(_nodes_of(revision)))
        setattr(revision, _OPERATIONS, found)
    return found


_OPERATIONS = "_zdt_operations"


def _operations_in(nodes: Sequence[ast.stmt]) -> Iterator[tuple[str, str, ast.Call]]:
    words = _Words(nodes)
    for function in (n for n in nodes if isinstance(n, ast.FunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and (name := words.operation(node)):
                yield function.name, name, node


_OP_MODULES = {"alembic.op", "alembic_zdt.op"}
_DIRECTIVES = frozenset({*DIRECTIVES, *ANNOTATIONS})


class _Words:
    """The names under which a file uses ``op`` and its functions.

    Args:
        nodes: the syntax nodes of the file.
    """

    def __init__(self, nodes: Sequence[ast.stmt]) -> None:
        self._modules = {"op", *_OP_MODULES}
        self._functions: dict[str, str] = {}
        for node in (part for each in nodes for part in ast.walk(each)):
            if isinstance(node, ast.ImportFrom) and not node.level:
                self._import_from(node)
            elif isinstance(node, ast.Import):
                names = (x for x in node.names if x.name in _OP_MODULES)
                self._modules.update(x.asname or x.name for x in names)

    def _import_from(self, node: ast.ImportFrom) -> None:
        for part in node.names:
            if f"{node.module}.{part.name}" in _OP_MODULES:
                self._modules.add(part.asname or part.name)
            elif node.module in _OP_MODULES and part.name == "*":
                self._functions.update(zip(_DIRECTIVES, _DIRECTIVES, strict=True))
            elif node.module in _OP_MODULES:
                self._functions[part.asname or part.name] = part.name

    def directive(self, call: ast.Call) -> str:
        """Return the name of the directive that is called, empty for any other call."""
        function = call.func
        if isinstance(function, ast.Name):
            name = self._functions.get(function.id, "")
            return name if name in _DIRECTIVES else ""
        if not isinstance(function, ast.Attribute) or function.attr not in _DIRECTIVES:
            return ""
        return self.operation(call)

    def operation(self, call: ast.Call) -> str:
        """Return the name of the operation that is called, empty for any other call."""
        function = call.func
        if isinstance(function, ast.Name):
            return self._functions.get(function.id, "")
        if not isinstance(function, ast.Attribute):
            return ""
        is_op = ast.unparse(function.value) in self._modules
        return function.attr if is_op else ""


def functions_of(revision: Script) -> list[ast.FunctionDef]:
    """Return the functions of a revision file, except those for the downgrade."""
    return functions_in(source_of(revision))


def functions_in(source: bytes | str) -> list[ast.FunctionDef]:
    """Return the functions of a file with this text, except those for the downgrade."""
    return _functions(ast.parse(source).body)


def _functions(nodes: Sequence[ast.stmt]) -> list[ast.FunctionDef]:
    return [
        node
        for node in nodes
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("downgrade")
    ]


def _nodes_of(revision: Script) -> Sequence[ast.stmt]:
    return ast.parse(source_of(revision)).body


def is_empty(revision: Script) -> bool:
    """Check whether the upgrade of a revision calls nothing, as in a merge."""
    functions = [f for f in functions_of(revision) if f.name.startswith("upgrade")]
    nodes = (node for function in functions for node in ast.walk(function))
    return bool(functions) and not any(isinstance(node, ast.Call) for node in nodes)


def names_directive(revision: Script) -> bool:
    """Check whether a revision file contains the name of a directive.

    Searching a file takes a hundredth of the time of parsing it.  The result is kept
    with the revision.
    """
    found: bool | None = getattr(revision, _NAMES, None)
    if found is None:
        found = _directive().search(source_of(revision)) is not None
        setattr(revision, _NAMES, found)
    return found


_NAMES = "_zdt_names_directive"


@functools.cache
def _directive() -> re.Pattern[bytes]:
    return re.compile(rf"\b(?:{'|'.join(sorted(_DIRECTIVES))})\b".encode())


def source_of(revision: Script) -> bytes:
    """Return the text of a revision file, empty if it cannot be read."""
    path = str(revision.path)
    if not path.endswith(".py"):  # sourceless: only its module is known
        return b""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a third of the time
            return file.read()
    except OSError:  # in an archive, for example
        return b""
