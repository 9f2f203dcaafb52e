"""Convert SQL statements to operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from alembic_zdt.checks.sql import (
    effects,
    indexes,
    maintenance,
    objects,
    tables,
    timeouts,
)
from alembic_zdt.checks.sql.batch_condition import where_of_batches
from alembic_zdt.checks.sql.columns import enum_name, name_of
from alembic_zdt.checks.sql.kinds import HARMLESS, PASSING, UNREAD
from alembic_zdt.checks.sql.parsing import (
    UnreadableError,
    queries_of_body,
    statements,
    written,
)
from alembic_zdt.checks.sql.remainder import of_relation, remainder

_CONTROL = re.compile(
    r"\A\s*+(?P<verb>BEGIN|COMMIT|ROLLBACK)(?:\s++(?:WORK|TRANSACTION))?\s*+;?\s*+\Z",
    re.IGNORECASE,
)


def read(text: str) -> tuple[list[Any], list[str]]:
    """Return the operations that SQL makes, and why a part of it is unknown."""
    found: list[Any] = []
    try:
        nodes = list(statements(text))
    except UnreadableError as error:
        control = _CONTROL.match(text)  # needs no parser
        if control is None:
            return [], [str(error)]
        return [effects.ControlTransaction(control["verb"].upper())], []
    reasons: list[str] = []
    for node in nodes:
        try:
            found.extend(_read(node))
        except UnreadableError as error:
            reasons.append(str(error))
        except Exception as error:  # noqa: BLE001  # of an unforeseen tree
            reasons.append(f"{type(error).__name__} in {type(node).__name__}: {error}")
    return found, reasons


def _read(node: Any) -> Iterator[Any]:
    kind = type(node).__name__
    reader = _READERS.get(kind)
    if reader is not None:
        yield from reader(node)
    elif kind in HARMLESS | PASSING:
        yield effects.NoHarm(kind, is_change=kind in HARMLESS)
    else:
        why = f": {UNREAD[kind]}" if kind in UNREAD else ""
        raise UnreadableError(f"cannot check {kind}{why}")


def _rows(verb: str) -> Callable[[Any], Iterator[Any]]:
    def reader(node: Any) -> Iterator[Any]:
        yield from _with(node)
        yield effects.ChangeRows(name_of(node.relation), verb)

    return reader


def _updated(node: Any) -> Iterator[Any]:
    yield from _with(node)
    table = name_of(node.relation)
    is_alone = not (
        remainder(node, "relation", "target_list", "where_clause")
        or of_relation(node.relation)
    )
    targets = [each.res_target for each in node.target_list]
    if not (is_alone and all(map(_is_value, targets))):
        yield effects.ChangeRows(table, "UPDATE")
        return
    where = where_of_batches(node)
    if where is None:
        yield effects.ChangeRows(table, "UPDATE")
        return
    values = tuple((each.name, written(each.val)) for each in targets)
    yield effects.ChangeRows(table, "UPDATE", values, where)


def _is_value(target: Any) -> bool:
    """Check whether one whole column is set to an expression."""
    kind = target.val.WhichOneof("node")
    is_expression = kind not in {"multi_assign_ref", "set_to_default"}
    return is_expression and not remainder(target, "name", "val")


def _with(node: Any) -> Iterator[Any]:
    """Yield the operations of the queries in WITH, which may change rows."""
    for each in node.with_clause.ctes:
        query = each.common_table_expr.ctequery
        yield from _read(getattr(query, query.WhichOneof("node")))


def _selected(node: Any) -> Iterator[Any]:
    yield from _with(node)
    yield from timeouts.configured(node)
    if node.HasField("into_clause"):
        yield effects.MakeRelation(name_of(node.into_clause.rel))
    else:
        yield effects.NoHarm("SELECT", is_change=False)


def _explained(node: Any) -> Iterator[Any]:
    if any(each.def_elem.defname == "analyze" for each in node.options):
        raise UnreadableError("EXPLAIN ANALYZE runs the statement")
    yield effects.NoHarm("EXPLAIN", is_change=False)


def _inserted(node: Any) -> Iterator[Any]:
    yield from _with(node)
    select = node.select_stmt.select_stmt
    is_union = "SETOP" in enum_name(select, "op").removeprefix("SETOP_NONE")
    if not select.from_clause and not is_union:  # a row, or a few, or none
        yield effects.NoHarm("INSERT ... VALUES")
    else:
        yield effects.ChangeRows(name_of(node.relation), "INSERT ... SELECT")


def _copied(node: Any) -> Iterator[Any]:
    yield effects.NoHarm("COPY", is_change=node.is_from)  # new rows block no session


def _transaction(node: Any) -> Iterator[Any]:
    kind = enum_name(node, "kind").removeprefix("TRANS_STMT_")
    if kind in {"SAVEPOINT", "RELEASE", "ROLLBACK_TO"}:
        yield effects.NoHarm(kind, is_change=False)
    else:
        yield effects.ControlTransaction(kind)


def _done(node: Any) -> Iterator[Any]:
    """Yield the operations of all statements of a DO block, reached or not."""
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
    "AlterDatabaseSetStmt": timeouts.setting("ALTER DATABASE ... SET"),
    "AlterDomainStmt": objects.domain_altered,
    "AlterEnumStmt": objects.enum_altered,
    "AlterObjectSchemaStmt": objects.moved,
    "AlterPolicyStmt": objects.policy("ALTER POLICY"),
    "AlterRoleSetStmt": timeouts.setting("ALTER ROLE ... SET"),
    "AlterSeqStmt": objects.sequence_altered,
    "AlterSystemStmt": timeouts.setting("ALTER SYSTEM SET"),
    "AlterTableStmt": tables.altered,
    "ClusterStmt": maintenance.clustered,
    "CompositeTypeStmt": objects.type_made("typevar"),
    "CopyStmt": _copied,
    "CreateDomainStmt": objects.domain_made,
    "CreateEnumStmt": objects.type_made("type_name"),
    "CreateForeignTableStmt": tables.foreign_table,
    "CreatePolicyStmt": objects.policy("CREATE POLICY"),
    "CreateRangeStmt": objects.type_made("type_name"),
    "CreateStmt": tables.created,
    "CreateTableAsStmt": tables.made_by_query,
    "CreateTrigStmt": objects.trigger,
    "DeleteStmt": _rows("DELETE"),
    "DoStmt": _done,
    "DropStmt": objects.dropped,
    "ExplainStmt": _explained,
    "IndexStmt": indexes.indexed,
    "InsertStmt": _inserted,
    "LockStmt": maintenance.locked,
    "MergeStmt": _rows("MERGE"),
    "RefreshMatViewStmt": maintenance.refreshed,
    "ReindexStmt": maintenance.reindexed,
    "RenameStmt": objects.renamed,
    "SelectStmt": _selected,
    "TransactionStmt": _transaction,
    "TruncateStmt": maintenance.truncated,
    "UpdateStmt": _updated,
    "VacuumStmt": maintenance.vacuumed,
    "VariableSetStmt": timeouts.session_setting,
}
