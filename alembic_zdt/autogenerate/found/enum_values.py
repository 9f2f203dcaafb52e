"""Enum values that the models have and the database does not.

https://www.postgresql.org/docs/current/datatype-enum.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import renderers
from alembic.operations.ops import MigrateOperation, UpgradeOps
from sqlalchemy import ARRAY, Enum

from alembic_zdt.catalog.database import Database
from alembic_zdt.catalog.lookup import answer
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.enum import AddEnumValueOp
from alembic_zdt.server_facts import EnumValues
from alembic_zdt.workflows.enum_value.remove import RemoveEnumValueOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_PLUGIN_OPS = {"AddEnumValuesOp", "SyncEnumValuesOp"}
"""Classes of alembic-postgresql-enum's operations that change an enum type."""


class FoundEnumValue(MigrateOperation):
    """An enum value to add, with the directive that removes it.

    Args:
        add: the directive that adds it.
        remove: the directive that removes it, None if several columns or an array have
            the type.
        is_added: False for the downgrade.
    """

    def __init__(
        self,
        add: AddEnumValueOp,
        remove: RemoveEnumValueOp | None,
        *,
        is_added: bool = True,
    ) -> None:
        self.add, self.remove, self.is_added = add, remove, is_added

    def reverse(self) -> FoundEnumValue:
        """Return the operation in the opposite direction."""
        return FoundEnumValue(self.add, self.remove, is_added=not self.is_added)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the difference in the form that Alembic's operations have."""
        word = "add_enum_value" if self.is_added else "remove_enum_value"
        return (word, self.add.enum.schema, self.add.enum.name, self.add.value)


@renderers.dispatch_for(FoundEnumValue)
def _render(context: AutogenContext, found: FoundEnumValue) -> str:
    op: Any = found.add if found.is_added else found.remove
    return "pass" if op is None else str(renderers.dispatch(op)(context, op))


@dataclass(frozen=True)
class _Use:
    """A column of an enum type."""

    enum: QualifiedName
    labels: tuple[str, ...]
    table: QualifiedName
    column: str
    is_array: bool


def add_found(context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    """Add missing enum values, except for types that another plugin has found."""
    others: list[Any] = [op for op in upgrade_ops.ops if is_of_plugin(op)]
    known = {(op.schema, op.name) for op in others}
    connection = context.connection
    if connection is None:
        return
    default = context.dialect.default_schema_name
    for enum, uses in _by_enum(_uses(context.sorted_tables)).items():
        if (enum.schema or default, enum.name) in known:
            continue
        there = answer(EnumValues(enum), Database(connection))
        if there:
            upgrade_ops.ops += found_values(there, uses)


def is_of_plugin(op: Any) -> bool:
    """Check whether alembic-postgresql-enum made the operation for a changed enum."""
    return type(op).__name__ in _PLUGIN_OPS and hasattr(op, "new_values")


def _uses(tables: Iterable[Any]) -> Iterator[_Use]:
    for table in tables:
        for column in table.columns:
            type_ = column.type
            is_array = isinstance(type_, ARRAY)
            enum: Any = type_.item_type if isinstance(type_, ARRAY) else type_
            if isinstance(enum, Enum) and enum.native_enum and enum.name:
                yield _Use(
                    QualifiedName(str(enum.name), _schema_of(enum)),
                    tuple(enum.enums),
                    QualifiedName(str(table.name), table.schema),
                    str(column.name),
                    is_array,
                )


def _schema_of(enum: Any) -> str | None:
    """Return the schema of a type, or else that of its metadata."""
    if enum.schema or enum.metadata is None:
        return None if enum.schema is None else str(enum.schema)
    return None if enum.metadata.schema is None else str(enum.metadata.schema)


def _by_enum(uses: Iterable[_Use]) -> dict[QualifiedName, list[_Use]]:
    found: dict[QualifiedName, list[_Use]] = {}
    for use in uses:
        found.setdefault(use.enum, []).append(use)
    return found


def found_values(there: Sequence[str], uses: Sequence[_Use]) -> list[FoundEnumValue]:
    """Return the missing values, each next to its neighbour in the models."""
    labels, have = list(uses[0].labels), list(there)
    found = []
    for place, value in enumerate(labels):
        if value in have:
            continue
        before = [label for label in labels[:place] if label in have]
        behind = [label for label in labels[place:] if label in have]
        at = have.index(behind[0]) if behind else len(have)
        at = have.index(before[-1]) + 1 if before else at
        found.append(_found(value, have, at, uses))
        have.insert(at, value)
    return found


def _found(
    value: str, have: Sequence[str], at: int, uses: Sequence[_Use]
) -> FoundEnumValue:
    enum = uses[0].enum
    where = {"after": have[at - 1]} if at else {"before": have[0]}
    if at == len(have):
        where = {}
    add = AddEnumValueOp(enum.name, value, schema=enum.schema, **where)
    return FoundEnumValue(add, _removal(value, have, at, uses))


def _removal(
    value: str, have: Sequence[str], at: int, uses: Sequence[_Use]
) -> RemoveEnumValueOp | None:
    if len(uses) != 1 or uses[0].is_array:
        return None
    (use,) = uses
    labels = (*have[:at], value, *have[at:])
    existing = Enum(*labels, name=use.enum.name, schema=use.enum.schema)
    return RemoveEnumValueOp(
        use.table.name,
        use.column,
        value,
        existing_type=existing,
        schema=use.table.schema,
    )


def of_plugin(op: Any, default_schema: str | None) -> list[FoundEnumValue] | None:
    """Return the values that an operation of alembic-postgresql-enum adds.

    Return None if it does more than add values, or if no column has the type.
    """
    if [label for label in op.new_values if label in op.old_values] != op.old_values:
        return None
    schema = None if op.schema == default_schema else op.schema
    uses = [
        _Use(
            QualifiedName(op.name, schema),
            tuple(op.new_values),
            QualifiedName(use.table_name, _other(use.table_schema, default_schema)),
            use.column_name,
            use.column_type.name == "ARRAY",
        )
        for use in op.affected_columns
    ]
    if not uses:
        return None
    return found_values(op.old_values, uses)


def _other(schema: str | None, default_schema: str | None) -> str | None:
    return None if schema == default_schema else schema
