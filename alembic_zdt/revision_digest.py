"""The digest of a revision, which shows whether it was edited after it was applied.

https://docs.python.org/3/library/ast.html
"""

from __future__ import annotations

import ast
import hashlib
from typing import TYPE_CHECKING, Any

from alembic_zdt.phases import functions_in, source_of

if TYPE_CHECKING:
    from alembic.script import Script


def digest_of(revision: Script) -> str:
    """Return a digest of a revision's functions, without comments and the downgrade.

    It is kept with the revision.
    """
    found: str | None = getattr(revision, _DIGEST, None)
    if found is None:
        found = digest_in(source_of(revision))
        setattr(revision, _DIGEST, found)
    return found


def digest_in(source: bytes | str) -> str:
    """Return the digest of a revision file with this text.

    Raises:
        SyntaxError: the text is no Python.
    """
    text = repr([_shape(function) for function in functions_in(source)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


_DIGEST = "_zdt_digest"


def _shape(node: Any) -> Any:
    """Return the shape of a node, which is equal in every version of Python."""
    if isinstance(node, list):
        return [_shape(item) for item in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, value) for name, value in ast.iter_fields(node) if name != "kind")
    shown = [(name, _shape(value)) for name, value in fields if value not in (None, [])]
    return [type(node).__name__, *shown]
