"""CREATE INDEX as Alembic's operation, with all options of the index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.sql.columns import as_sa_text, enum_name, expression, name_of
from alembic_zdt.checks.sql.key_options import storage
from alembic_zdt.checks.sql.parsing import written_element
from alembic_zdt.checks.sql.remainder import keep, of_relation, remainder
from alembic_zdt.names import QualifiedName, default_constraint_name

_READ = (
    "access_method",
    "concurrent",
    "idxname",
    "if_not_exists",
    "index_including_params",
    "index_params",
    "nulls_not_distinct",
    "options",
    "relation",
    "table_space",
    "unique",
    "where_clause",
)


def indexed(node: Any) -> Iterator[Any]:
    """Yield the operation of CREATE INDEX."""
    table = name_of(node.relation)
    if not node.relation.inh:
        yield effects.NoHarm("CREATE INDEX ON ONLY a partitioned table")
        return
    name = node.idxname or _default_name(node, table)
    made = ops.CreateIndexOp(
        name or None,
        table.name,
        [_column(each.index_elem) for each in node.index_params],
        schema=table.schema,
        unique=node.unique,
        if_not_exists=node.if_not_exists or None,
        **_options(node),
    )
    parts = [*remainder(node, *_READ), *of_relation(node.relation)]
    yield keep(made, parts if name else [*parts, "an index without a name"])


def _default_name(node: Any, table: QualifiedName) -> str:
    """Return the name that PostgreSQL gives it, empty if that is unknown."""
    names = [_part_of_name(each.index_elem) for each in node.index_params]
    if not all(names) or len(set(names)) < len(names):
        return ""
    return default_constraint_name(table.name, "_".join(names), "idx")


def _part_of_name(element: Any) -> str:
    called = element.expr.func_call.funcname
    return str(element.name or (called[-1].string.sval if called else ""))


def _column(element: Any) -> str | sa.TextClause:
    """Return a column by its name, or as SQL if it has more than a name."""
    orders = (enum_name(element, "ordering"), enum_name(element, "nulls_ordering"))
    is_plain = orders == ("SORTBY_DEFAULT", "SORTBY_NULLS_DEFAULT")
    if is_plain and not remainder(element, "name", "ordering", "nulls_ordering"):
        return str(element.name)
    return sa.text(as_sa_text(written_element(element)))


def _options(node: Any) -> dict[str, Any]:
    method = node.access_method
    found: dict[str, Any] = {
        "concurrently": node.concurrent,
        "include": [each.index_elem.name for each in node.index_including_params],
        "nulls_not_distinct": node.nulls_not_distinct,
        "tablespace": node.table_space,
        "using": method if method != "btree" else "",
        "with": storage(node.options),
    }
    given = {f"postgresql_{name}": value for name, value in found.items() if value}
    if node.HasField("where_clause"):
        given["postgresql_where"] = expression(node.where_clause)
    return given
