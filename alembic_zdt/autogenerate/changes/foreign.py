"""Operations of other packages: the objects that they create, remove and mention.

Their classes are not known.  So the SQL that they hold tells what they need, and their
names tell whether they remove something.
"""

from __future__ import annotations

import re
from typing import Any

from alembic.operations import ops

from alembic_zdt.phases import Phase

_CREATED = re.compile(
    r"(?is)\A\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:MATERIALIZED\s+)?"
    r"(?:AGGREGATE|COLLATION|DOMAIN|EXTENSION|FUNCTION|OPERATOR|PROCEDURE|SEQUENCE|TYPE"
    r"|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>[^\s(;]+)"
)
_REMOVING = ("Drop", "Remove")
_CHANGING = ("Drop", "Remove", "Sync")
_WORD = re.compile(r"[^\W\d][\w$]*")


def phase_of_foreign(op: Any) -> Phase:
    """Return the contract phase if the operation removes something, else the expand.

    Old code and the columns of the contract may still need what is removed.  SQL that
    is written by hand stays where its hook has put it.
    """
    is_removal = type(op).__name__.startswith(_REMOVING)
    return Phase.CONTRACT if is_removal else Phase.EXPAND


def is_remover(op: Any) -> bool:
    """Check whether an operation removes an object, or a part of it."""
    return type(op).__name__.startswith(_CHANGING)


def object_of(op: Any) -> str | None:
    """Return the name of the object that an operation creates or removes."""
    if isinstance(op, ops.ExecuteSQLOp):
        found = _CREATED.match(str(op.sqltext))
        name = found["name"].rpartition(".")[2] if found else ""
    else:
        target = getattr(op, "target", op)
        named = getattr(target, "signature", None) or getattr(target, "name", None)
        name = str(named or "").partition("(")[0]
    return name.strip('" ').lower() or None


def sql_of(op: Any) -> str:
    """Return the SQL that creates the object of an operation, empty if unknown."""
    create = getattr(getattr(op, "target", None), "to_sql_statement_create", None)
    return str(create() if create else getattr(op, "sqltext", ""))


def words_of(text: str) -> set[str]:
    """Return the words of a text, in small letters."""
    return {word.lower() for word in _WORD.findall(text)}
