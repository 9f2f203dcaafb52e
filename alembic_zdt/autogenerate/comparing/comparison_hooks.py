"""Hooks before and after each comparison: open workflows, renames, enum values."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.comparing import (
    deferred,
    queued_indexes,
    reflected_defaults,
    removed_objects,
)
from alembic_zdt.autogenerate.comparing.expression_changes import ExpressionChanges
from alembic_zdt.autogenerate.comparing.expressions import declared
from alembic_zdt.autogenerate.comparing.in_flight import in_flight, models_of
from alembic_zdt.autogenerate.comparing.projected_schema import (
    ProjectedInspector,
    ProjectedSchema,
    show,
)
from alembic_zdt.autogenerate.found import enum_values, hints, prompt
from alembic_zdt.autogenerate.found.contracting import is_contracting
from alembic_zdt.autogenerate.found.hints import Rename, Sides
from alembic_zdt.autogenerate.found.rename import FoundRename
from alembic_zdt.autogenerate.found.sequence_options import (
    changed_sequences,
    left_over,
)
from alembic_zdt.autogenerate.found.sequences_and_domains import missing_objects
from alembic_zdt.catalog.column import columns_of_all_tables
from alembic_zdt.catalog.special_options import special_options
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

RENAMES = "zdt_renames"
"""Key of the Config attribute with each ``--rename`` of ``alembic-zdt revision``."""

_FOUND = "_zdt_found_renames"
_SEEN = "_zdt_seen"
_SCHEMA = "_zdt_default_schema"

NOT_COMPARED = "zdt_not_compared"
"""Key of the Config attribute for what a comparison leaves out."""

NOT_WRITTEN = "zdt_not_written"
"""Key of the Config attribute for differences that no operation removes."""


def before(context: AutogenContext) -> bool:
    """Let the comparison see the database with its future names.

    Returns:
        Whether changes of generated columns are written or reported afterwards.
    """
    connection = context.connection
    if connection is None or context.dialect.name != "postgresql":
        return False
    schema = default_schema(context)
    models = models_of(context.metadata, schema)
    seen = in_flight(Database(connection), models, schema)
    setattr(context, _SEEN, seen)
    if comparisons.writes_revision(context.migration_context):
        found = _renames(context, seen, models)
        show(found, seen)
        setattr(context, _FOUND, found)
    # Needed even without renames: it hides temporary columns, indexes and constraints.
    inspector: Any = ProjectedInspector.over(connection, seen)
    comparisons.put_inspector(context, inspector)
    return prompt.is_of_package(context.migration_context)


def after(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> None:
    """Add what Alembic does not find, and hide changes that wait for a contract."""
    if context.dialect.name != "postgresql":
        return
    found: list[Rename] = getattr(context, _FOUND, [])
    if hasattr(context, _FOUND):
        hints.refuse_unused(context.metadata, found, upgrade_ops)
    for rename in found:
        if not rename.is_table:
            _refuse_another_type(rename, upgrade_ops)
    migration = context.migration_context
    is_ours = prompt.is_of_package(migration)
    values, unknown = enum_values.found_in(context, upgrade_ops, with_removed=is_ours)
    made: list[Any] = []
    if is_ours:
        made += missing_objects(context, upgrade_ops)
        made += changed_sequences(context, default_schema(context))
    # Whatever comes behind them may use the new names, objects and values.
    renames = [FoundRename(rename) for rename in found]
    upgrade_ops.ops[:0] = [*renames, *made, *values]
    if is_ours:
        unknown += left_over(context, default_schema(context))
        more, unwritten = _add_expressions(context, upgrade_ops)
        _note(migration, NOT_COMPARED, [*unknown, *more], "did not compare")
        _note(migration, NOT_WRITTEN, unwritten, "cannot write the change of")
    queued = queued_indexes.hide(migration, upgrade_ops, default_schema(context))
    _note(migration, NOT_COMPARED, queued, "did not compare")
    if not is_contracting(migration):
        deferred.hide(migration, upgrade_ops)


def default_schema(context: AutogenContext) -> str | None:
    """Return the schema of tables for which no schema is named."""
    connection = context.connection
    dialect = context.dialect.default_schema_name
    if connection is None:
        return dialect
    known: str | None = getattr(context, _SCHEMA, None)
    if known is None:
        # env.py may have set the search_path after it connected.
        found = Database(connection).value("SELECT pg_catalog.current_schema()")
        known = dialect if found is None else str(found)
        setattr(context, _SCHEMA, known)
    return known


def _note(migration: MigrationContext, key: str, found: list[str], words: str) -> None:
    """Keep the names of skipped parts for ``alembic-zdt check``, or log them."""
    attributes = migration.config.attributes if migration.config else {}
    if key in attributes:
        attributes[key] += found
        return
    for each in found:
        log.warning("autogenerate %s %s", words, each)


def _add_expressions(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps
) -> tuple[list[str], list[str]]:
    """Add the changed expressions and options that Alembic does not find.

    Return those that could not be compared, and those that no operation changes.
    """
    connection = context.connection
    seen: ProjectedSchema | None = getattr(context, _SEEN, None)
    if connection is None or seen is None:
        return [], []
    database, schema = Database(connection), default_schema(context)
    tables = declared(context.sorted_tables, seen, schema, database)
    changes = ExpressionChanges(
        context, upgrade_ops, context.dialect.default_schema_name
    )
    with_defaults = not comparisons.compares_defaults(context.migration_context)
    special = special_options(database)
    reflected_defaults.correct(upgrade_ops, database)
    removed_objects.complete(upgrade_ops, special, schema)
    for table in tables:
        changes.add(table, special, with_defaults=with_defaults)
    # Where all differences of a table were none, Alembic would write an empty revision.
    upgrade_ops.ops[:] = [
        op for op in upgrade_ops.ops if not isinstance(op, ops.ModifyTableOps) or op.ops
    ]
    return changes.unknown, changes.unwritten


def _renames(
    context: AutogenContext, seen: ProjectedSchema, models: Any
) -> list[Rename]:
    migration = context.migration_context
    schema = default_schema(context)
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
    default = default_schema(context)
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
                    f'"{rename.label}" is renamed to "{rename.new}" and gets another '
                    "type",
                    detail=f"The type is {op.existing_type!r} in the database, "
                    f"and {op.modify_type!r} in the models.",
                    hint="Rename the column in one revision, and change its type in "
                    "another.",
                )
