"""What statements do, as operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from alembic_zdt.checks.sql import acts, tables
from alembic_zdt.checks.sql.columns import enum_name, name_of
from alembic_zdt.checks.sql.parsing import (
    UnreadableError,
    queries_of_body,
    statements,
)


def read(text: str) -> Iterator[Any]:
    """The operations that do what the SQL does.

    Raises:
        UnreadableError: a part of it cannot be read.
    """
    for node in statements(text):
        kind = type(node).__name__
        reader = _READERS.get(kind)
        if reader is not None:
            yield from reader(node)
        elif kind in _HARMLESS:
            yield acts.NoHarm(kind)
        else:
            raise UnreadableError(f"nothing is known of {kind}")


def _rows(verb: str) -> Callable[[Any], Iterator[Any]]:
    def reader(node: Any) -> Iterator[Any]:
        yield acts.ChangeRows(name_of(node.relation), verb)

    return reader


def _inserted(node: Any) -> Iterator[Any]:
    select = node.select_stmt.select_stmt
    if select.values_lists or not node.HasField("select_stmt"):
        yield acts.NoHarm("INSERT ... VALUES")
    else:
        yield acts.ChangeRows(name_of(node.relation), "INSERT ... SELECT")


def _transaction(node: Any) -> Iterator[Any]:
    kind = enum_name(node, "kind").removeprefix("TRANS_STMT_")
    if kind in {"SAVEPOINT", "RELEASE", "ROLLBACK_TO"}:
        yield acts.NoHarm(kind)
    else:
        yield acts.ControlTransaction(kind)


def _vacuumed(node: Any) -> Iterator[Any]:
    is_full = any(each.def_elem.defname == "full" for each in node.options)
    for each in node.rels:
        table = name_of(each.vacuum_relation.relation)
        if is_full:
            yield acts.RewriteTable(table, "VACUUM FULL")
        else:
            yield acts.NoHarm("VACUUM or ANALYZE")


def _clustered(node: Any) -> Iterator[Any]:
    yield acts.RewriteTable(name_of(node.relation), "CLUSTER")


def _reindexed(node: Any) -> Iterator[Any]:
    if any(each.def_elem.defname == "concurrently" for each in node.params):
        yield acts.NoHarm("REINDEX CONCURRENTLY")
    elif node.HasField("relation"):
        yield acts.Reindex(name_of(node.relation), "REINDEX")
    else:
        raise UnreadableError("REINDEX of a whole schema or database")


def _truncated(node: Any) -> Iterator[Any]:
    for each in node.relations:
        yield acts.TruncateTable(name_of(each.range_var), "TRUNCATE")


def _locked(node: Any) -> Iterator[Any]:
    for each in node.relations:
        yield acts.LockTable(name_of(each.range_var), "LOCK TABLE")


def _done(node: Any) -> Iterator[Any]:
    """A DO block: each statement in it, whether it is reached or not."""
    options = {each.def_elem.defname: each.def_elem.arg for each in node.args}
    language = options.get("language")
    if language is not None and language.string.sval != "plpgsql":
        raise UnreadableError(f"a body of {language.string.sval}")
    for query, is_dynamic in queries_of_body(options["as"].string.sval):
        if is_dynamic:
            raise UnreadableError(f"EXECUTE {query}")
        yield from read(query)


_READERS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "AlterTableStmt": tables.altered,
    "ClusterStmt": _clustered,
    "CreateStmt": tables.created,
    "DeleteStmt": _rows("DELETE"),
    "DoStmt": _done,
    "DropStmt": tables.dropped,
    "IndexStmt": tables.indexed,
    "InsertStmt": _inserted,
    "LockStmt": _locked,
    "ReindexStmt": _reindexed,
    "RenameStmt": tables.renamed,
    "TransactionStmt": _transaction,
    "TruncateStmt": _truncated,
    "UpdateStmt": _rows("UPDATE"),
    "VacuumStmt": _vacuumed,
}
_HARMLESS = {
    "AlterDefaultPrivilegesStmt",
    "AlterEnumStmt",
    "AlterFunctionStmt",
    "AlterRoleStmt",
    "AlterRoleSetStmt",
    "AlterSeqStmt",
    "CommentStmt",
    "CompositeTypeStmt",
    "CreateEnumStmt",
    "CreateExtensionStmt",
    "CreateFunctionStmt",
    "CreateRoleStmt",
    "CreateSchemaStmt",
    "CreateSeqStmt",
    "CreateDomainStmt",
    "DefineStmt",
    "DropRoleStmt",
    "ExplainStmt",
    "GrantRoleStmt",
    "GrantStmt",
    "NotifyStmt",
    "SelectStmt",
    "VariableSetStmt",
    "VariableShowStmt",
    "ViewStmt",
}
"""Of the application's tables they lock none against reads and writes."""
