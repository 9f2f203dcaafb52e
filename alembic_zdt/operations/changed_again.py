"""Find the directives of a revision that change the object of an earlier one again.

Only the written calls are compared: the log of revisions holds those of an earlier run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from alembic_zdt.operations.base import REGISTERED
from alembic_zdt.operations.calls.arguments import parameters_of

_TABLE = ("table_name", "source_table")
_SCHEMAS = ("schema", "source_schema", "referent_schema")
_TAKING = re.compile("alter|contract|drop|remove|rename|replace")
_OF_TABLES = re.compile("_table$")
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_PHASE = re.compile("^(expand|migrate|contract)_")


def changes_again(earlier: str, later: str) -> bool:
    """Check whether the later of two calls may hide the changes of the earlier one.

    It may if both name the same object, and one of them renames, drops or alters the
    object.  Phases of one workflow do not count: each expects the changes of the
    others.

    Args:
        earlier: a call as it is written in a revision.
        later: a call after it.
    """
    first, second = _Written.of(earlier), _Written.of(later)
    if first.is_of_the_workflow_of(second):
        return False
    if not any(_TAKING.search(each.directive) for each in (first, second)):
        return False
    shared = first.words & second.words
    if any(_OF_TABLES.search(each.directive) for each in (first, second)):
        return bool(shared)
    return bool(shared - first.tables - second.tables)


@dataclass(frozen=True)
class _Written:
    """A written call.

    Attributes:
        directive: its name.
        words: the words in the texts among its arguments, without schemas.
        tables: the words in the name of its table.
    """

    directive: str
    words: frozenset[str]
    tables: frozenset[str]

    @classmethod
    def of(cls, call: str) -> _Written:
        """Parse a written call."""
        name = call.removeprefix("op.").partition("(")[0]
        try:
            arguments = list(_arguments(call, name))
        except SyntaxError:  # a type of the user's, shown with its repr()
            return cls(name, frozenset(_words_of(_QUOTED.findall(call))), frozenset())
        words = [_words(value) for key, value in arguments if key not in _SCHEMAS]
        tables = [_words(value) for key, value in arguments if key in _TABLE]
        return cls(name, frozenset().union(*words), frozenset[str]().union(*tables))

    def is_of_the_workflow_of(self, other: _Written) -> bool:
        """Check whether both are phases of one change."""
        workflow, of_other = (_PHASE.sub("", each.directive) for each in (self, other))
        has_phases = workflow != self.directive
        return has_phases and workflow == of_other and self.words == other.words


def _arguments(call: str, name: str) -> Iterator[tuple[str, ast.expr]]:
    parsed = ast.parse(call, mode="eval").body
    if isinstance(parsed, ast.Call) and name in REGISTERED:
        names = parameters_of(getattr(REGISTERED[name], name))
        yield from zip(names, parsed.args, strict=False)
        yield from ((each.arg or "", each.value) for each in parsed.keywords)


def _words(value: ast.expr) -> set[str]:
    constants = (each for each in ast.walk(value) if isinstance(each, ast.Constant))
    texts = (each.value for each in constants if isinstance(each.value, str))
    return _words_of(texts)


def _words_of(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"\w+", text)}
