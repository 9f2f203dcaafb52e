"""Run directives as the stock operations that they replace.

A directive has the arguments of the operation that it replaces.  The phases of a
workflow are one operation: it runs in the contract, and the other phases do nothing.

https://alembic.sqlalchemy.org/en/latest/ops.html
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, Enum

from alembic_zdt import registration
from alembic_zdt.alembic_compat import op_proxy
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.backfill_step import expression

Given = dict[str, Any]
"""The arguments of a call by their names."""
Form = Callable[[Any, Given], None]

_OWN = frozenset({"validate", "ignore_mentions", "postgresql_concurrently"})


@contextmanager
def stock_forms() -> Iterator[None]:
    """Run directives that have a stock form as that form while the body runs."""
    registration.register()
    with ExitStack() as stack:
        for name, form in _FORMS.items():
            directive = getattr(Operations, name)
            method = _as_method(directive, form)
            setattr(Operations, name, method)
            stack.callback(setattr, Operations, name, directive)
            op_proxy.replaced[name] = method
            stack.callback(op_proxy.replaced.pop, name)
        yield


def _as_method(directive: Callable[..., Any], form: Form) -> Callable[..., None]:
    signature = inspect.signature(directive)

    @functools.wraps(directive)
    def method(self: Any, *arguments: Any, **options: Any) -> None:
        given = dict(signature.bind(self, *arguments, **options).arguments)
        del given["self"]
        form(self, given)

    return method


def _same_arguments(operation: str) -> Form:
    """Return the form of an operation with the same arguments."""

    def form(operations: Any, given: Given) -> None:
        getattr(operations, operation)(**_kept(given))

    return form


def _kept(given: Given) -> Given:
    return {name: value for name, value in given.items() if name not in _OWN}


def _nothing(_operations: Any, _given: Given) -> None:
    """Do nothing: the contract does all of it."""


def _table(given: Given) -> QualifiedName:
    return QualifiedName(str(given["table_name"]), given.get("schema"))


def _alter_column(operations: Any, given: Given, **changes: Any) -> None:
    operations.alter_column(
        given["table_name"],
        given["column_name"],
        schema=given.get("schema"),
        **changes,
    )


def _not_null(operations: Any, given: Given) -> None:
    if given.get("backfill") is not None:
        _fill(operations, given, str(given["column_name"]))
    _alter_column(operations, given, nullable=False)


def _fill(operations: Any, given: Given, column: str) -> None:
    """Give a column its value in all rows that have none, in one statement."""
    name = quote(column)
    operations.execute(
        f"UPDATE {_table(given).sql} SET {name} = {expression(given['backfill'])}"
        f" WHERE {name} IS NULL"
    )


def _drop_not_null(operations: Any, given: Given) -> None:
    _alter_column(operations, given, nullable=True)


def _rename_column(operations: Any, given: Given) -> None:
    _alter_column(operations, given, new_column_name=given["new_column_name"])


def _change_type(operations: Any, given: Given) -> None:
    named = given.get("new_column_name")
    using = given.get("using")
    options = {} if using is None else {"postgresql_using": expression(using)}
    _alter_column(operations, given, type_=given["type_"], **options)
    if named is not None:
        _alter_column(operations, given, new_column_name=named)


def _add_column(operations: Any, given: Given) -> None:
    column: Column[Any] = given["column"]
    is_filled = given.get("backfill") is not None
    if isinstance(column.type, Enum):
        column.type.create(operations.get_bind(), checkfirst=True)
    is_nullable, column.nullable = column.nullable, is_filled or column.nullable
    operations.add_column(given["table_name"], column, schema=given.get("schema"))
    column.nullable = is_nullable
    if is_filled:
        named = {**given, "column_name": column.name}
        _fill(operations, named, str(column.name))
        if not is_nullable:
            _alter_column(operations, named, nullable=False)


def _update(operations: Any, given: Given) -> None:
    values: Mapping[str, Any] = given["values"]
    changes = ", ".join(
        f"{quote(name)} = {expression(value)}" for name, value in values.items()
    )
    where = given.get("where")
    rows = "" if where is None else f" WHERE {expression(where)}"
    operations.execute(f"UPDATE {_table(given).sql} SET {changes}{rows}")


def _reindex(operations: Any, given: Given) -> None:
    kind, name = "INDEX", given.get("index_name")
    if name is None:
        kind, name = "TABLE", given["table_name"]
    operations.execute(f"REINDEX {kind} {_sql(name, given)}")


def _replace_index(operations: Any, given: Given) -> None:
    name, schema = given["index_name"], given.get("schema")
    operations.drop_index(name, given["table_name"], schema=schema)
    operations.create_index(**_kept(given))


def _rename_index(operations: Any, given: Given) -> None:
    old, new = _sql(given["index_name"], given), quote(str(given["new_index_name"]))
    operations.execute(f"ALTER INDEX {old} RENAME TO {new}")


def _rename_constraint(operations: Any, given: Given) -> None:
    old, new = given["constraint_name"], given["new_constraint_name"]
    names = f"{quote(str(old))} TO {quote(str(new))}"
    operations.execute(f"ALTER TABLE {_table(given).sql} RENAME CONSTRAINT {names}")


def _validate(operations: Any, given: Given) -> None:
    name = quote(str(given["constraint_name"]))
    operations.execute(f"ALTER TABLE {_table(given).sql} VALIDATE CONSTRAINT {name}")


def _sql(name: object, given: Given) -> str:
    return QualifiedName(str(name), given.get("schema")).sql


# add_enum_value() is left out: it is the stock statement in a transaction of its own.
# So are the directives that remove or rename an enum value, because the change needs
# several steps without them, too.
_FORMS: Mapping[str, Form] = {
    "add_not_null_two_phase": _not_null,
    "alter_column_safely": _same_arguments("alter_column"),
    "backfill": _update,
    "contract_alter_column_type": _change_type,
    "contract_drop_column": _same_arguments("drop_column"),
    "contract_drop_table": _same_arguments("drop_table"),
    "contract_rename_column": _rename_column,
    "contract_rename_table": _same_arguments("rename_table"),
    "create_check_constraint_two_phase": _same_arguments("create_check_constraint"),
    "create_foreign_key_two_phase": _same_arguments("create_foreign_key"),
    "create_index_concurrently": _same_arguments("create_index"),
    "create_primary_key_concurrently": _same_arguments("create_primary_key"),
    "create_unique_constraint_concurrently": _same_arguments(
        "create_unique_constraint"
    ),
    "drop_constraint_safely": _same_arguments("drop_constraint"),
    "drop_index_concurrently": _same_arguments("drop_index"),
    "drop_not_null": _drop_not_null,
    "expand_add_column": _add_column,
    "expand_alter_column_type": _nothing,
    "expand_drop_column": _nothing,
    "expand_rename_column": _nothing,
    "expand_rename_table": _nothing,
    "migrate_alter_column_type": _nothing,
    "migrate_rename_column": _nothing,
    "reindex_concurrently": _reindex,
    "rename_constraint_safely": _rename_constraint,
    "rename_index_safely": _rename_index,
    "replace_index_concurrently": _replace_index,
    "validate_constraint": _validate,
}
