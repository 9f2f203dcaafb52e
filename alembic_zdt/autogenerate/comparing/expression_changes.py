"""Changes of types, defaults, constraints and options that Alembic does not find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import (
    Column,
    DefaultClause,
    Identity,
    Table,
)

from alembic_zdt.autogenerate.comparing import type_modifiers
from alembic_zdt.autogenerate.comparing.check_changes import (
    NONE_YET,
    CheckChanges,
    as_written,
)
from alembic_zdt.autogenerate.comparing.definition_changes import DefinitionChanges
from alembic_zdt.autogenerate.comparing.expressions import Declared
from alembic_zdt.autogenerate.comparing.option_changes import OptionChanges
from alembic_zdt.autogenerate.found.sequence_options import is_same_identity
from alembic_zdt.names import literal
from alembic_zdt.operations.columns import column_types

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_zdt.catalog.special_options import SpecialOptions

Place = tuple[str | None, str]
_INTERVAL = "INTERVAL"


class ExpressionChanges:
    """The operations of a comparison, to which changed expressions are added.

    Args:
        context: Alembic's migration context.
        upgrade_ops: the operations that Alembic has found.
        schema: the schema of tables that name none.

    Attributes:
        unknown: expressions for which the server has returned no spelling.
        unwritten: differences that no operation removes.
    """

    def __init__(
        self, context: AutogenContext, upgrade_ops: ops.UpgradeOps, schema: str | None
    ) -> None:
        self.unknown: list[str] = []
        self.unwritten: list[str] = []
        self._context, self._upgrade_ops, self._schema = context, upgrade_ops, schema
        self._of: dict[Place, ops.ModifyTableOps] = {}
        self._made: set[Place] = set()
        for op in upgrade_ops.ops:
            if type(op) is ops.ModifyTableOps:
                self._of[op.schema, str(op.table_name)] = op
            if type(op) is ops.CreateTableOp:
                self._made.add((op.schema, str(op.table_name)))

    def add(
        self, table: Declared, special: SpecialOptions, *, with_defaults: bool
    ) -> None:
        """Add the changes of one table, and remove the ones that a plugin has found."""
        if not self._is_wanted(table.model):
            return
        self._add_types(table)
        self._add_defaults(table, every=with_defaults)
        place = self._place(table.model)
        container = self._of.get(place) or ops.ModifyTableOps(place[1], [])
        found: Any = container.ops
        for changes in (
            self._checks(table, found),
            self._definitions(table, found),
            self._options(table, found, special),
        ):
            self.unknown += changes.unknown
            self.unwritten += changes.unwritten
        if found and place not in self._of:
            self._operations(table.model).extend(found)

    def _checks(self, table: Declared, found: list[Any]) -> CheckChanges:
        place = self._place(table.model)
        changes = CheckChanges(self._context, table, place, self._is_kept)
        changes.replace_those_of_plugins(found)
        return changes

    def _definitions(self, table: Declared, found: list[Any]) -> DefinitionChanges:
        changes = DefinitionChanges(self._context, table, self._is_kept)
        changes.of_indexes(self._place(table.model), found)
        changes.of_exclusions()
        changes.of_generated(found)
        return changes

    def _options(
        self, table: Declared, found: list[Any], special: SpecialOptions
    ) -> OptionChanges:
        place = self._place(table.model)
        changes = OptionChanges(self._context, table, place, self._schema, special)
        changes.of_table()
        found += list(changes.of_constraints(found, self._is_kept))
        return changes

    # ------------------------------------------------------------------ the containers

    def _place(self, model: Table) -> Place:
        schema = None if model.schema == self._schema else model.schema
        return schema, str(model.name)

    def _is_wanted(self, model: Table) -> bool:
        schema, name = place = self._place(model)
        if place in self._made:
            return False
        names: Any = {"schema_name": schema}
        is_named = self._context.run_name_filters(name, "table", names)
        return is_named and self._is_kept(model, model.name, "table", None)

    def _is_kept(self, item: Any, name: Any, kind: Any, other: Any) -> bool:
        is_reflected = other is NONE_YET
        compared = None if is_reflected else other
        found = self._context.run_object_filters(
            item, name, kind, is_reflected, compared
        )
        return bool(found)

    def _operations(self, model: Table) -> list[Any]:
        schema, name = place = self._place(model)
        if place not in self._of:
            self._of[place] = ops.ModifyTableOps(name, [], schema=schema)
            self._upgrade_ops.ops.append(self._of[place])
        found: list[Any] = self._of[place].ops
        return found

    # ----------------------------------------------------------------------- the types

    def _add_types(self, table: Declared) -> None:
        if self._context.opts.get("compare_type", True) is not True:
            return  # env.py compares them itself, or not at all
        seen, found = table.seen, table.present.types
        there = {
            seen.column(name): found.get(seen.types.get(name, name), type_)
            for name, type_ in found.items()
            if name not in seen.hidden
        }
        for column in table.model.columns:
            if type_ := there.get(str(column.name)):
                self._add_type(table, column, type_)

    def _add_type(self, table: Declared, column: Column[Any], there: str) -> None:
        has = type_modifiers.of_server(there)
        wanted = type_modifiers.of_model(column.type)
        if wanted is None or bool(has) == bool(wanted):
            return  # Alembic compares them
        row = self._row(table.model, column)
        if row is None or not type_modifiers.are_alike(row["type"], column.type):
            return
        if not self._is_kept(column, column.name, "column", _reflected(row)):
            return
        if wanted:
            self._alteration(table.model, column, row).modify_type = column.type
            return
        label = f"{table.table.label}.{column.name}"
        self.unknown.append(
            f'type of "{label}": {there} in the database, '
            f"{column_types.spelled(column.type).lower()} in the models"
        )

    def _row(self, model: Table, column: Column[Any]) -> Any:
        """Return the column as it is reflected, None if the database lacks it."""
        schema, name = self._place(model)
        rows = self._context.inspector.get_columns(name, schema=schema)
        return next((row for row in rows if row["name"] == column.name), None)

    # -------------------------------------------------------------------- the defaults

    def _add_defaults(self, table: Declared, *, every: bool) -> None:
        present, spelled = table.present.defaults, table.spelled.defaults
        there = {table.seen.column(n): table.seen.text(d) for n, d in present.items()}
        serial = {table.seen.column(name) for name in table.present.serial}
        retyped = self._retyped(table.model)
        for column in table.model.columns:
            name = str(column.name)
            if every:
                self._add_identity(table, column)
            wanted = spelled.get(name) if name in table.defaults else None
            if not _is_plain(column) or (name in serial and name not in table.defaults):
                continue
            if name in retyped and {name} <= table.defaults.keys() & there.keys():
                self._add_default(table, column, there[name])
            elif not every:
                continue
            elif name in table.defaults and wanted is None:
                self._add_refused(table, column, there.get(name))
            elif wanted != there.get(name):
                self._add_default(table, column, there.get(name))

    def _add_refused(
        self, table: Declared, column: Column[Any], there: str | None
    ) -> None:
        """Add a default that the server does not take, as it is now."""
        if _is_new_label(column, there):
            self._add_default(table, column, there)
        else:
            self.unknown.append(f'default of "{table.table.label}.{column.name}"')

    def _retyped(self, model: Table) -> set[str]:
        """Return the columns that get another type in the same comparison."""
        container = self._of.get(self._place(model))
        return {
            str(op.column_name)
            for op in (container.ops if container else ())
            if isinstance(op, ops.AlterColumnOp) and op.modify_type is not None
            if _base(op.existing_type) != _base(op.modify_type)
        }

    def _add_default(
        self, table: Declared, column: Column[Any], there: str | None
    ) -> None:
        row = self._row(table.model, column)
        if row is None or row.get("identity") or row.get("computed"):
            return  # it is new, or Alembic compares it
        if not self._is_kept(column, column.name, "column", _reflected(row)):
            return
        op = self._alteration(table.model, column, row)
        old_default = None if there is None else DefaultClause(as_written(there))
        op.existing_server_default = old_default
        op.modify_server_default = column.server_default

    def _add_identity(self, table: Declared, column: Column[Any]) -> None:
        name, model = str(column.name), table.model
        real = {new: old for old, new in table.seen.columns.items()}.get(name, name)
        is_stated = column.identity is not None or column.server_default is not None
        if column.identity is None and real not in table.present.identity:
            return
        if not is_stated and column is model.autoincrement_column:
            return  # it states nothing
        row = self._row(model, column)
        there = None if row is None else row.get("identity")
        if row is None or is_same_identity(column.identity, there, row["type"]):
            return
        if not self._is_kept(column, name, "column", _reflected(row)):
            return
        op = self._alteration(model, column, row)
        default = table.present.defaults.get(real)
        plain = None if default is None else DefaultClause(as_written(default))
        op.existing_server_default = Identity(**there) if there else plain
        op.modify_server_default = column.server_default

    def _alteration(self, model: Table, column: Column[Any], row: Any) -> Any:
        """Return the operation that alters the column: Alembic's own, or a new one."""
        schema, name = self._place(model)
        operations = self._operations(model)
        for op in operations:
            if isinstance(op, ops.AlterColumnOp) and op.column_name == column.name:
                return op
        op = ops.AlterColumnOp(
            name,
            column.name,
            schema=schema,
            existing_type=row["type"],
            existing_nullable=row["nullable"],
            existing_comment=row.get("comment"),
        )
        operations.append(op)
        return op


def _reflected(row: Any) -> Column[Any]:
    return Column(row["name"], row["type"], nullable=row["nullable"])


def _base(type_: Any) -> str:
    """Return a type without its length, which a default repeats for an interval."""
    name = "" if type_ is None else column_types.spelled(type_)
    return name if name.startswith(_INTERVAL) else name.partition("(")[0]


def _is_new_label(column: Column[Any], there: str | None) -> bool:
    """Check whether a default is a value that its enum type has only in the models."""
    value = getattr(column.server_default, "arg", None)
    return (
        isinstance(value, str)
        and value in getattr(column.type, "enums", ())
        and not (there or "").startswith(literal(value))
    )


def _is_plain(column: Column[Any]) -> bool:
    default = column.server_default
    return default is None or isinstance(default, DefaultClause)
