"""The file of a revision, which checks examine like a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from alembic.operations import ops

from alembic_zdt.alembic_compat.revision_functions import (
    does_nothing as code_does_nothing,
)
from alembic_zdt.checks.models import Models
from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.understanding import understood
from alembic_zdt.errors import ZdtError
from alembic_zdt.operations.backfill import BackfillOp
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.constraints.validate_constraint import ValidateConstraintOp
from alembic_zdt.operations.enums.add_enum_value import AddEnumValueOp
from alembic_zdt.recording.call import AUTOCOMMIT, Call, RecordedRevision


@dataclass(frozen=True)
class Directory:
    """Facts about all revisions together.

    Attributes:
        heads: the heads without a label of their own, if there are several heads.
        edited: the revisions whose file was edited after they were applied.
        models: the models that the environment names, if it names any.
    """

    heads: frozenset[str] = frozenset()
    edited: frozenset[str] = frozenset()
    models: Models | None = None


@dataclass(frozen=True)
class RevisionFile:
    """The file of a revision, which checks examine like an operation.

    Attributes:
        revision: its id.
        source: the text of the file.
        is_one_of_several_heads: whether it is one of several heads, so that an upgrade
            to "head" fails.
        is_edited: whether it was edited after it was applied.
        leaves_nothing: whether a downgrade has nothing to reverse.
        calls_back: whether its downgrade surely calls something.
    """

    revision: str
    source: bytes = field(repr=False)
    is_one_of_several_heads: bool = False
    is_edited: bool = False
    leaves_nothing: bool = False
    calls_back: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """Return the syntax tree of the file, an empty one if it has errors."""
        try:
            return ast.parse(self.source)
        except (SyntaxError, ValueError):  # reported elsewhere
            return ast.Module([], [])

    def function(self, name: str) -> ast.FunctionDef | None:
        """Return the function of that name in the file, None if it is not there."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        return None


def whole(revision: RecordedRevision, directory: Directory) -> Iterator[Call]:
    """Yield one call that stands for the whole file, if the file can be read."""
    name, path = revision.script.revision, Path(revision.script.path)
    if not name or path.suffix != ".py":
        return
    try:
        source = path.read_bytes()
    except OSError:  # reported elsewhere
        return
    act = RevisionFile(
        name,
        source,
        name in directory.heads,
        name in directory.edited,
        not revision.error and all(map(_leaves_nothing, revision.calls)),
        _calls_back(revision),
    )
    yield Call(None, AUTOCOMMIT, str(path), 1, acts=(act,))


def _calls_back(revision: RecordedRevision) -> bool:
    """Check whether the downgrade of a revision that could be imported calls something.

    The imported function shows that, so the file is not read.
    """
    module = getattr(revision.script, "module", None)
    function = getattr(module, "downgrade", None)
    code = getattr(function, "__code__", None)
    is_own = code is not None and code.co_filename == revision.script.path
    return is_own and not code_does_nothing(function)


_HARMLESS_WHEN_LEFT = (
    ops.BulkInsertOp,
    effects.AddEnumValue,
    effects.ChangeRows,
    effects.ControlTransaction,
    effects.LockTable,
    effects.RefreshView,
    effects.Reindex,
    effects.SetTimeout,
    effects.TruncateTable,
    AddEnumValueOp,
    BackfillOp,
    ValidateConstraintOp,
)
_ROWS = {"COPY", "INSERT ... VALUES"}


def _leaves_nothing(call: Call) -> bool:
    """Check whether a downgrade need not undo a call.

    It need not undo changes of rows, validated constraints and enum values: they do not
    make the next upgrade fail.
    """
    operation = call.operation
    if isinstance(operation, ZdtOperation):
        return _may_stay(operation)
    acts = [act for part in understood(call) for act in part.acts]
    return not call.unread and all(
        isinstance(act, _HARMLESS_WHEN_LEFT)
        or (isinstance(act, effects.NoHarm) and _is_of_rows(act))
        for act in acts
    )


def _is_of_rows(act: effects.NoHarm) -> bool:
    return not act.is_change or act.description in _ROWS


def _may_stay(operation: ZdtOperation) -> bool:
    if isinstance(operation, _HARMLESS_WHEN_LEFT):
        return True
    try:
        reverse = operation.reverse()
    except ZdtError:
        return False
    return reverse is operation or not isinstance(reverse, ZdtOperation)


def does_nothing(function: ast.FunctionDef) -> bool:
    """Check whether a function consists of constants, ``pass`` and ``return``."""
    return all(_is_nothing(node) for node in function.body)


def _is_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Return):
        return node.value is None or isinstance(node.value, ast.Constant)
    is_word = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass) or is_word


def unlabelled_heads(script: Any) -> frozenset[str]:
    """Return the heads without a label, if there are several heads."""
    heads: Sequence[str] = script.get_heads()
    if len(heads) < 2:  # a single head is as it should be
        return frozenset()
    return frozenset(h for h in heads if not script.get_revision(h).branch_labels)
