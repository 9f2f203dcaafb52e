"""Convert CREATE INDEX to Alembic's operation, with all options of the index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from alembic_zdt.checks.sql import effects
from alembic_zdt.checks.sql.columns import as_sa_text, enum_name, expression, name_of
from alembic_zdt.checks.sql.key_options import NameInSql, named, storage
from alembic_zdt.checks.sql.parsing import written_element
from alembic_zdt.checks.sql.remainder import keep, of_relation, remainder
from alembic_zdt.names import QualifiedName, default_constraint_name, quote

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
    elements = [each.index_elem for each in node.index_params]
    made = ops.CreateIndexOp(
        NameInSql(name) if name else None,
        table.name,
        [_column(each) for each in elements],
        schema=table.schema,
        unique=node.unique,
        if_not_exists=node.if_not_exists or None,
        **_options(node, elements),
    )
    parts = [*remainder(node, *_READ), *of_relation(node.relation)]
    yield keep(made, parts if name else [*parts, "an index without a name"])


def _default_name(node: Any, table: QualifiedName) -> str:
    """Return the name that PostgreSQL gives the index, empty if it is unknown."""
    elements = [*node.index_params, *node.index_including_params]
    names = [_part_of_name(each.index_elem) for each in elements]
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
    read = ("name", "ordering", "nulls_ordering", "opclass")
    if is_plain and not remainder(element, *read):
        return str(element.name)
    return sa.text(as_sa_text(written_element(element)))


def _has_class(element: Any) -> bool:
    """Check whether a column has an operator class, and is written by its name."""
    return bool(element.opclass) and isinstance(_column(element), str)


def _class(element: Any) -> str:
    return ".".join(quote(name) for name in named(element.opclass))


def _options(node: Any, elements: list[Any]) -> dict[str, Any]:
    method = node.access_method
    found: dict[str, Any] = {
        "concurrently": node.concurrent,
        "include": [each.index_elem.name for each in node.index_including_params],
        "nulls_not_distinct": node.nulls_not_distinct,
        "ops": {each.name: _class(each) for each in elements if _has_class(each)},
        "tablespace": node.table_space,
        "using": method if method != "btree" else "",
        "with": storage(node.options),
    }
    given = {f"postgresql_{name}": value for name, value in found.items() if value}
    if node.HasField("where_clause"):
        given["postgresql_where"] = expression(node.where_clause)
    return given
