"""Convert options of UNIQUE and FOREIGN KEY to arguments of SQLAlchemy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.sql.elements import conv

from alembic_zdt.names import quote

_ACTIONS = {"c": "CASCADE", "d": "SET DEFAULT", "n": "SET NULL", "r": "RESTRICT"}
_MATCHES = {"f": "FULL", "p": "PARTIAL"}
_WORD = re.compile(r"[\w.+-]+")


class NameInSql(conv):
    """A name that SQL gives, which no naming convention changes."""

    __slots__ = ()


def given_name(node: Any) -> NameInSql | None:
    """Return the name of a constraint, None if the statement gives none."""
    return NameInSql(node.conname) if node.conname else None


def named(items: Iterable[Any]) -> list[str]:
    """Return the names in a list of strings."""
    return [item.string.sval for item in items]


def timing(node: Any) -> dict[str, Any]:
    """Return the arguments for DEFERRABLE and INITIALLY DEFERRED."""
    found = {
        "deferrable": node.deferrable or None,
        "initially": "DEFERRED" if node.initdeferred else None,
    }
    return _given(found)


def of_unique(node: Any) -> dict[str, Any]:
    """Return the options of a UNIQUE constraint."""
    found = {
        "postgresql_include": named(node.including),
        "postgresql_nulls_not_distinct": node.nulls_not_distinct,
        "postgresql_tablespace": node.indexspace,
        "postgresql_with": storage(node.options),
    }
    return timing(node) | _given(found)


def of_foreign_key(node: Any) -> dict[str, Any]:
    """Return the actions, the MATCH type and the timing of a foreign key."""
    on_delete = _ACTIONS.get(node.fk_del_action)
    if node.fk_del_set_cols:
        columns = ", ".join(map(quote, named(node.fk_del_set_cols)))
        on_delete = f"{on_delete} ({columns})"
    found = {
        "onupdate": _ACTIONS.get(node.fk_upd_action),
        "ondelete": on_delete,
        "match": _MATCHES.get(node.fk_matchtype),
    }
    return _given(found) | timing(node)


def storage(options: Iterable[Any]) -> dict[str, Any]:
    """Return the parameters in WITH (...), as SQL writes their values."""
    return {each.def_elem.defname: _value(each.def_elem) for each in options}


def _value(element: Any) -> Any:
    if not element.HasField("arg"):
        return "true"
    kind = element.arg.WhichOneof("node")
    value = getattr(element.arg, kind)
    if kind == "type_name":
        return value.names[-1].string.sval
    if kind == "string":
        text = value.sval
        return text if _WORD.fullmatch(text) else "'" + text.replace("'", "''") + "'"
    return value.fval if kind == "float" else value.ival


def columns_in(node: Any) -> set[str]:
    """Return the columns that an expression names."""
    found: set[str] = set()
    for each, value in node.ListFields():
        if each.message_type is None:
            continue
        if each.name == "column_ref":
            found.add(value.fields[-1].string.sval)
        for part in value if isinstance(value, Sequence) else (value,):
            found |= columns_in(part)
    return found


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}
