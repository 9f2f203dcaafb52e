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


def read(text: str) -> tuple[list[Any], list[str]]:
    """The operations that do what the SQL does, and why a part of it is not known."""
    found: list[Any] = []
    try:
        nodes = list(statements(text))
    except UnreadableError as error:
        return [], [str(error)]
    reasons: list[str] = []
    for node in nodes:
        try:
            found.extend(_read(node))
        except UnreadableError as error:
            reasons.append(str(error))
        except Exception as error:  # noqa: BLE001  # of a tree that nobody has thought of
            reasons.append(f"{type(error).__name__} in {type(node).__name__}: {error}")
    return found, reasons


def _read(node: Any) -> Iterator[Any]:
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
        yield from _with(node)
        yield acts.ChangeRows(name_of(node.relation), verb)

    return reader


def _with(node: Any) -> Iterator[Any]:
    """What the queries behind WITH do, which may change rows themselves."""
    for each in node.with_clause.ctes:
        query = each.common_table_expr.ctequery
        yield from _read(getattr(query, query.WhichOneof("node")))


def _selected(node: Any) -> Iterator[Any]:
    yield from _with(node)
    if node.HasField("into_clause"):
        yield tables.made_of_rows(node.into_clause)
    else:
        yield acts.NoHarm("SELECT")


def _made_of_rows(node: Any) -> Iterator[Any]:
    yield from _with(node.query.select_stmt)
    yield tables.made_of_rows(node.into)


def _explained(node: Any) -> Iterator[Any]:
    if any(each.def_elem.defname == "analyze" for each in node.options):
        raise UnreadableError("EXPLAIN ANALYZE runs the statement")
    yield acts.NoHarm("EXPLAIN")


def _enum(node: Any) -> Iterator[Any]:
    if node.old_val:
        raise UnreadableError("nothing is known of ALTER TYPE ... RENAME VALUE")
    yield acts.NoHarm("ALTER TYPE ... ADD VALUE")


def _inserted(node: Any) -> Iterator[Any]:
    yield from _with(node)
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
    if is_full and not node.rels:
        raise UnreadableError("VACUUM FULL of the whole database")
    for each in node.rels:
        table = name_of(each.vacuum_relation.relation)
        if is_full:
            yield acts.RewriteTable(table, "VACUUM FULL")
        else:
            yield acts.NoHarm("VACUUM or ANALYZE")


def _clustered(node: Any) -> Iterator[Any]:
    if not node.HasField("relation"):
        raise UnreadableError("CLUSTER of the whole database")
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
    unread: list[str] = []
    for query, is_dynamic in queries_of_body(options["as"].string.sval):
        if is_dynamic:
            unread.append(f"EXECUTE {query}")
            continue
        found, reasons = read(query)
        yield from found
        unread += reasons
    if unread:
        raise UnreadableError("; ".join(unread))


_READERS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "AlterEnumStmt": _enum,
    "AlterTableStmt": tables.altered,
    "ClusterStmt": _clustered,
    "CreateStmt": tables.created,
    "CreateTableAsStmt": _made_of_rows,
    "DeleteStmt": _rows("DELETE"),
    "DoStmt": _done,
    "DropStmt": tables.dropped,
    "ExplainStmt": _explained,
    "IndexStmt": tables.indexed,
    "InsertStmt": _inserted,
    "LockStmt": _locked,
    "MergeStmt": _rows("MERGE"),
    "ReindexStmt": _reindexed,
    "RenameStmt": tables.renamed,
    "SelectStmt": _selected,
    "TransactionStmt": _transaction,
    "TruncateStmt": _truncated,
    "UpdateStmt": _rows("UPDATE"),
    "VacuumStmt": _vacuumed,
}
_HARMLESS = {
    "AlterDefaultPrivilegesStmt",
    "AlterFunctionStmt",
    "AlterRoleStmt",
    "AlterRoleSetStmt",
    "AlterSeqStmt",
    "CommentStmt",
    "CompositeTypeStmt",
    "CopyStmt",
    "CreateEnumStmt",
    "CreateExtensionStmt",
    "CreateFunctionStmt",
    "CreateRoleStmt",
    "CreateSchemaStmt",
    "CreateSeqStmt",
    "CreateDomainStmt",
    "DefineStmt",
    "DropRoleStmt",
    "GrantRoleStmt",
    "GrantStmt",
    "NotifyStmt",
    "VariableSetStmt",
    "VariableShowStmt",
    "ViewStmt",
}
"""Of the application's tables they lock none against reads and writes."""
