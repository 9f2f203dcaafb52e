"""Name each directive and annotation, with the module that registers it.

This is the one list: ``op``, the tests, the documentation and the stub come from it.
"""

from __future__ import annotations

DIRECTIVES = {
    "add_enum_value": "operations.enums.add_enum_value",
    "add_not_null_two_phase": "operations.constraints.not_null",
    "alter_column_safely": "operations.columns.alter_column",
    "backfill": "operations.backfill",
    "contract_alter_column_type": "workflows.column_type.contract",
    "contract_drop_column": "workflows.drop_column.contract",
    "contract_drop_table": "workflows.drop_table.contract",
    "contract_rename_column": "workflows.rename_column.contract",
    "contract_rename_enum_value": "workflows.enum_value.contract",
    "contract_rename_table": "workflows.rename_table.contract",
    "create_check_constraint_two_phase": "operations.constraints.check_constraint",
    "create_foreign_key_two_phase": "operations.constraints.foreign_key",
    "create_index_concurrently": "operations.indexes.concurrent_index",
    "create_primary_key_concurrently": "operations.constraints.primary_key",
    "create_unique_constraint_concurrently": "operations.constraints.unique_constraint",
    "drop_constraint_safely": "operations.constraints.existing_constraint",
    "drop_index_concurrently": "operations.indexes.concurrent_index",
    "drop_not_null": "operations.constraints.not_null",
    "expand_add_column": "workflows.add_column.expand",
    "expand_alter_column_type": "workflows.column_type.expand",
    "expand_drop_column": "workflows.drop_column.expand",
    "expand_rename_column": "workflows.rename_column.expand",
    "expand_rename_enum_value": "workflows.enum_value.expand",
    "expand_rename_table": "workflows.rename_table.expand",
    "migrate_alter_column_type": "workflows.column_type.migrate",
    "migrate_rename_column": "workflows.rename_column.migrate",
    "migrate_rename_enum_value": "workflows.enum_value.migrate",
    "reindex_concurrently": "operations.indexes.reindex_concurrently",
    "remove_enum_value": "workflows.enum_value.remove",
    "rename_constraint_safely": "operations.constraints.rename_constraint",
    "rename_index_safely": "operations.indexes.rename_index",
    "replace_index_concurrently": "operations.indexes.replace_index",
    "validate_constraint": "operations.constraints.validate_constraint",
}
"""Each directive, and its module in ``alembic_zdt``."""

ANNOTATIONS = {
    "irreversible": "operations.irreversible",
    "safety_assured": "operations.safety_assured",
}
"""Calls that mark a revision or a part of it and run nothing, and their modules."""
