"""The file of a revision, as one more call that checks examine."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic_zdt.checks.models import Models
from alembic_zdt.errors import ZdtError
from alembic_zdt.operations.backfill import BackfillOp
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.enum import AddEnumValueOp
from alembic_zdt.recording.call import AUTOCOMMIT, Call, RecordedRevision


@dataclass(frozen=True)
class Directory:
    """Facts about all revisions together.

    Attributes:
        heads: those without a label of their own, if there are several heads.
        edited: those whose file was edited after it was applied.
        models: that the environment names, if it names any.
    """

    heads: frozenset[str] = frozenset()
    edited: frozenset[str] = frozenset()
    models: Models | None = None


@dataclass(frozen=True)
class RevisionFile:
    """The file of a revision, in the place of an operation.

    Attributes:
        revision: its id.
        tree: the syntax tree of the file.
        is_one_of_several_heads: so that an upgrade to "head" fails.
        is_edited: whether it was edited after it was applied.
        leaves_nothing: whether a downgrade has nothing to reverse.
    """

    revision: str
    tree: ast.Module = field(repr=False)
    is_one_of_several_heads: bool = False
    is_edited: bool = False
    leaves_nothing: bool = False

    def function(self, name: str) -> ast.FunctionDef | None:
        """Return the function of that name in the file, None if it is not there."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        return None


def whole(revision: RecordedRevision, directory: Directory) -> Iterator[Call]:
    """Yield a call that stands for the file, if that can be read."""
    name, path = revision.script.revision, Path(revision.script.path)
    if not name or path.suffix != ".py":
        return
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):  # reported elsewhere
        return
    act = RevisionFile(
        name,
        tree,
        name in directory.heads,
        name in directory.edited,
        all(_leaves_nothing(call.operation) for call in revision.calls),
    )
    yield Call(None, AUTOCOMMIT, str(path), 1, acts=(act,))


def _leaves_nothing(operation: Any) -> bool:
    """Check whether a downgrade may leave what the directive has done."""
    if not isinstance(operation, ZdtOperation):
        return False
    if isinstance(operation, AddEnumValueOp | BackfillOp):  # harmless when left
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
