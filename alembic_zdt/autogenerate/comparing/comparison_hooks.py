"""Hooks before and after each comparison: open workflows, renames, enum values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.comparing import deferred
from alembic_zdt.autogenerate.comparing.in_flight import in_flight, models_of
from alembic_zdt.autogenerate.comparing.projected_schema import (
    ProjectedInspector,
    ProjectedSchema,
    show,
)
from alembic_zdt.autogenerate.found import enum_values, hints, prompt
from alembic_zdt.autogenerate.found.hints import Rename, Sides
from alembic_zdt.autogenerate.found.rename import FoundRename
from alembic_zdt.catalog.columns import columns_of_all_tables
from alembic_zdt.catalog.database import Database
from alembic_zdt.errors import UsageError

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

CONTRACTING = "zdt_contracting"
"""Key of the Config attribute that ``alembic-zdt contract`` sets."""

RENAMES = "zdt_renames"
"""Key of the Config attribute with each ``--rename`` of ``alembic-zdt revision``."""

_FOUND = "_zdt_found_renames"


def is_contracting(migration: MigrationContext) -> bool:
    """Check whether ``alembic-zdt contract`` is running."""
    return bool(migration.config and CONTRACTING in migration.config.attributes)


def before(context: AutogenContext) -> None:
    """Let the comparison see the database with its future names."""
    connection = context.connection
    if connection is None or context.dialect.name != "postgresql":
        return
    schema = context.dialect.default_schema_name
    models = models_of(context.metadata, schema)
    seen = in_flight(Database(connection), models, schema)
    if comparisons.writes_revision(context.migration_context):
        found = _renames(context, seen, models)
        show(found, seen)
        setattr(context, _FOUND, found)
    # Needed even without renames: it hides temporary columns, indexes and constraints.
    inspector: Any = ProjectedInspector.over(connection, seen)
    comparisons.put_inspector(context, inspector)


def after(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> None:
    """Add renames and enum values, and hide changes that wait for a contract."""
    if context.dialect.name != "postgresql":
        return
    found: list[Rename] = getattr(context, _FOUND, [])
    for rename in found:
        if not rename.is_table:
            _refuse_another_type(rename, upgrade_ops)
    upgrade_ops.ops[:0] = [FoundRename(rename) for rename in found]
    enum_values.add_found(context, upgrade_ops)
    migration = context.migration_context
    if not is_contracting(migration):
        deferred.hide(migration, upgrade_ops)


def _renames(
    context: AutogenContext, seen: ProjectedSchema, models: Any
) -> list[Rename]:
    migration = context.migration_context
    schema = context.dialect.default_schema_name
    given = list(hints.of_models(context.metadata, schema))
    attributes = migration.config.attributes if migration.config else {}
    texts = [("--rename", text) for text in attributes.get(RENAMES, ())]
    texts += [
        ("-x zdt.rename=", text) for text in comparisons.rename_arguments(migration)
    ]
    is_asking = prompt.is_possible(migration)
    if not (given or texts or is_asking):
        return []
    sides = Sides(_shown(context, seen), models)
    given += [hints.of_text(text, option, sides) for option, text in texts]
    found = hints.checked(given, sides)
    if is_asking:
        connection: Any = context.connection
        inspector = ProjectedInspector.over(connection, seen)
        found += prompt.asked(context, inspector, sides, found)
    return found


def _shown(context: AutogenContext, seen: ProjectedSchema) -> dict[Any, frozenset[str]]:
    """Return the tables of the database and their columns, with their future names."""
    connection: Any = context.connection
    default = context.dialect.default_schema_name
    found = {}
    for table, columns in columns_of_all_tables(Database(connection)).items():
        schema = None if table.schema == default else table.schema
        shown = seen.shown((schema, table.name))
        names = (shown.column(name) for name in columns if name not in shown.hidden)
        found[schema, shown.name] = frozenset(names)
    return found


def _refuse_another_type(rename: Rename, upgrade_ops: ops.UpgradeOps) -> None:
    key = (rename.schema, rename.table, rename.new)
    for container in upgrade_ops.ops:
        for op in getattr(container, "ops", ()):
            if not isinstance(op, ops.AlterColumnOp) or op.modify_type is None:
                continue
            if (op.schema, op.table_name, op.column_name) == key:
                raise UsageError(
                    f'"{rename.words}" is renamed to "{rename.new}" and gets another '
                    "type",
                    detail=f"It is {op.existing_type!r} in the database, and "
                    f"{op.modify_type!r} in the models.",
                    hint="Rename it in one revision, and change its type in another.",
                )
