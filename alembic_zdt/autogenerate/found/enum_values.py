"""Enum values that the models have and the database does not.

https://www.postgresql.org/docs/current/datatype-enum.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import renderers
from alembic.operations.ops import (
    AddColumnOp,
    CreateTableOp,
    MigrateOperation,
    ModifyTableOps,
    UpgradeOps,
)
from sqlalchemy import ARRAY, Enum

from alembic_zdt.autogenerate.found.directive_loading import load_directives
from alembic_zdt.catalog.lookup import answer
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.server_facts import EnumValues

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_zdt.operations.enums.add_enum_value import AddEnumValueOp
    from alembic_zdt.workflows.enum_value.remove import RemoveEnumValueOp

_PLUGIN_OPS = {"AddEnumValuesOp", "SyncEnumValuesOp"}
"""Classes of alembic-postgresql-enum's operations that change an enum type."""


class FoundEnumValue(MigrateOperation):
    """An enum value to add or to remove, with the directives for both.

    Args:
        add: the directive that adds the value.
        remove: the directive that removes the value; None if several columns or an
            array have the type, so that no directive can remove it.
        is_added: True to add the value, False to remove it.
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


def found_in(
    context: AutogenContext, upgrade_ops: UpgradeOps, *, with_removed: bool
) -> tuple[list[FoundEnumValue], list[str]]:
    """Return changed enum values, except of types that a plugin handles.

    The second list describes the differences that no directive can remove.

    Args:
        context: Alembic's migration context.
        upgrade_ops: the operations that Alembic has found.
        with_removed: whether to look for values that the models do not have.
    """
    values: list[FoundEnumValue] = []
    unknown: list[str] = []
    new = set(_new_columns(upgrade_ops.ops))
    for uses, there in _compared(context, upgrade_ops):
        if list(there) != list(uses[0].labels):
            load_directives(context.migration_context)
        # A downgrade drops the new columns before it removes the value.
        left = [use for use in uses if not {use.table, (use.table, use.column)} & new]
        values += found_values(there, uses, left)
        if not with_removed:
            continue
        gone = [label for label in there if label not in uses[0].labels]
        if len(uses) == 1 and not uses[0].is_array:
            values += removed_values(there, gone, uses[0])
        elif gone:
            words = ", ".join(gone)
            unknown.append(
                f'values of enum type "{uses[0].enum.label}" that the models do not '
                f"have: {words}"
            )
        elif _in_order(there, uses[0].labels) != _in_order(uses[0].labels, there):
            label = uses[0].enum.label
            unknown.append(f'the order of the values of enum type "{label}"')
    return values, unknown


def _new_columns(operations: Iterable[Any]) -> Iterator[Any]:
    """Yield the tables, and the columns with their tables, that are created."""
    for op in operations:
        if isinstance(op, ModifyTableOps):
            yield from _new_columns(op.ops)
        elif isinstance(op, AddColumnOp):
            table = QualifiedName(str(op.table_name), op.schema)
            yield (table, str(op.column.name))
        elif isinstance(op, CreateTableOp):
            yield QualifiedName(str(op.table_name), op.schema)


def _in_order(labels: Sequence[str], others: Sequence[str]) -> list[str]:
    return [label for label in labels if label in others]


def removed_values(
    there: Sequence[str], gone: Sequence[str], use: _Use
) -> list[FoundEnumValue]:
    """Return the values to remove, the last one first."""
    have, found = list(there), []
    list(_insertions(have, use.labels))  # they are added before
    for value in reversed(gone):
        at = have.index(value)
        have.remove(value)
        one = _found(value, have, at, use.enum, [use])
        found.append(one.reverse())
    return found


def _compared(
    context: AutogenContext, upgrade_ops: UpgradeOps
) -> Iterator[tuple[list[_Use], Sequence[str]]]:
    """Yield each enum type that both sides have, with its columns and values."""
    others: list[Any] = [op for op in upgrade_ops.ops if is_of_plugin(op)]
    known = {(op.schema, op.name) for op in others}
    connection = context.connection
    if connection is None:
        return
    database = Database(connection)
    default = context.dialect.default_schema_name
    for enum, uses in _by_enum(_uses(context.sorted_tables)).items():
        if (enum.schema or default, enum.name) in known:
            continue
        there = answer(EnumValues(enum), database)
        if there:
            yield uses, there


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
    """Return the schema of a type, or the schema of its metadata if it has none."""
    if enum.schema or enum.metadata is None:
        return None if enum.schema is None else str(enum.schema)
    return None if enum.metadata.schema is None else str(enum.metadata.schema)


def _by_enum(uses: Iterable[_Use]) -> dict[QualifiedName, list[_Use]]:
    found: dict[QualifiedName, list[_Use]] = {}
    for use in uses:
        found.setdefault(use.enum, []).append(use)
    return found


def found_values(
    there: Sequence[str], uses: Sequence[_Use], left: Sequence[_Use] | None = None
) -> list[FoundEnumValue]:
    """Return the values that the database lacks, each with its place in the type.

    Args:
        there: the values that the database has.
        uses: the columns of the models that have the type.
        left: the columns from which a downgrade has to remove the values; default:
            *uses*.
    """
    have = list(there)
    return [
        _found(value, before, at, uses[0].enum, uses if left is None else left)
        for value, before, at in _insertions(have, uses[0].labels)
    ]


def _insertions(
    have: list[str], labels: Sequence[str]
) -> Iterator[tuple[str, list[str], int]]:
    """Insert each missing label into *have*.

    Yield the label, the labels before the insertion, and its index.
    """
    for place, value in enumerate(labels):
        if value in have:
            continue
        before = [label for label in labels[:place] if label in have]
        behind = [label for label in labels[place:] if label in have]
        at = have.index(behind[0]) if behind else len(have)
        at = have.index(before[-1]) + 1 if before else at
        yield value, list(have), at
        have.insert(at, value)


def _found(
    value: str,
    have: Sequence[str],
    at: int,
    enum: QualifiedName,
    uses: Sequence[_Use],
) -> FoundEnumValue:
    from alembic_zdt.operations.enums.add_enum_value import AddEnumValueOp  # noqa: PLC0415  # rare

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
    from alembic_zdt.workflows.enum_value.remove import RemoveEnumValueOp  # noqa: PLC0415  # rare

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
