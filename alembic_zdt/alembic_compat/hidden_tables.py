"""Hide the tables of this package from autogenerate, which would drop them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import config_values, hooks
from alembic_zdt.alembic_compat.dialects import is_postgresql

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

_OURS = "_zdt_tables"


def hiding_our_tables(original: Callable[..., bool]) -> Callable[..., bool]:
    """Return a filter of names that leaves out the tables of this package, too."""

    def run_name_filters(
        self: AutogenContext, name: str | None, type_: Any, parent_names: Any
    ) -> bool:
        schema = (parent_names or {}).get("schema_name")
        if type_ == "table" and _is_hidden(self, name, schema):
            return False
        return bool(original(self, name, type_, parent_names))

    return run_name_filters


@hooks.harmless("the filter that hides this package's tables from autogenerate")
def _is_hidden(context: AutogenContext, name: str | None, schema: Any) -> bool:
    migration = context.migration_context
    if not is_postgresql(migration):
        return False
    return name in _our_tables(migration) or _is_version_table(migration, name, schema)


def _is_version_table(context: MigrationContext, name: str | None, schema: Any) -> bool:
    """Check for the version table, also if ``version_table_schema`` is the default.

    Alembic compares that name with None, which the tables of the default schema have.
    """
    default = context.dialect.default_schema_name
    places = {context.version_table_schema or default, schema or default}
    return name == context.version_table and len(places) == 1


def _our_tables(context: MigrationContext) -> frozenset[str]:
    found: frozenset[str] | None = getattr(context, _OURS, None)
    if found is None:  # the files of settings are read once, not for each table
        from alembic_zdt.settings import Settings  # noqa: PLC0415  # when needed

        settings = Settings.from_sources(*config_values.raw_settings(context))
        found = settings.own_tables
        setattr(context, _OURS, found)
    return found
