"""Convert statements that only PostgreSQL has, such as VACUUM, to operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.sql.columns import enum_name, name_of
from alembic_zdt.checks.sql.parsing import UnreadableError
from alembic_zdt.checks.sql.remainder import keep, remainder


def vacuumed(node: Any) -> Iterator[Any]:
    """Yield the operations of VACUUM and ANALYZE."""
    is_full = _is_on(node.options, "full")
    if is_full and not node.rels:
        raise UnreadableError("VACUUM FULL of the whole database names no table")
    if not is_full:
        yield effects.NoHarm("VACUUM or ANALYZE", is_change=False)
        return
    for each in node.rels:
        table = name_of(each.vacuum_relation.relation)
        yield effects.RewriteTable(table, "VACUUM FULL")


def _is_on(options: Iterable[Any], name: str) -> bool:
    """Check whether an option is among them, and not switched off."""
    return any(
        each.def_elem.defname == name and _value(each.def_elem) not in _OFF
        for each in options
    )


_OFF = {"0", "false", "off"}


def _value(element: Any) -> str:
    """Return the value of an option, empty without one."""
    kind = element.arg.WhichOneof("node")
    value = getattr(element.arg, kind) if kind else None
    return str(getattr(value, "sval", getattr(value, "ival", ""))).lower()


def clustered(node: Any) -> Iterator[Any]:
    """Yield the operation of CLUSTER."""
    if not node.HasField("relation"):
        raise UnreadableError("CLUSTER of the whole database names no table")
    yield effects.RewriteTable(name_of(node.relation), "CLUSTER")


def reindexed(node: Any) -> Iterator[Any]:
    """Yield the operation of REINDEX."""
    if _is_on(node.params, "concurrently"):
        yield effects.NoHarm("REINDEX CONCURRENTLY", is_change=False)
    elif node.HasField("relation"):
        is_index = enum_name(node, "kind") == "REINDEX_OBJECT_INDEX"
        words = "REINDEX INDEX" if is_index else "REINDEX TABLE"
        options = {each.def_elem.defname for each in node.params}
        lost = sorted(name.upper() for name in options - {"concurrently", "verbose"})
        yield keep(effects.Reindex(name_of(node.relation), words), lost)
    else:
        raise UnreadableError("REINDEX of a whole schema or database names no table")


def truncated(node: Any) -> Iterator[Any]:
    """Yield the operations of TRUNCATE."""
    for each in node.relations:
        yield effects.TruncateTable(name_of(each.range_var), "TRUNCATE")


def locked(node: Any) -> Iterator[Any]:
    """Yield the operations of LOCK TABLE."""
    for each in node.relations:
        yield effects.LockTable(name_of(each.range_var), "LOCK TABLE")


def refreshed(node: Any) -> Iterator[Any]:
    """Yield the operation of REFRESH MATERIALIZED VIEW."""
    if node.concurrent:
        yield effects.NoHarm("REFRESH ... CONCURRENTLY", is_change=False)
    else:
        view = name_of(node.relation)
        act = effects.RefreshView(view, "REFRESH MATERIALIZED VIEW")
        yield keep(act, remainder(node, "relation"))
