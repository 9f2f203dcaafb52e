"""Open workflows, which autogenerate sees as if they had ended.

Otherwise it would report the twin, its CHECK and its indexes, though the models have
not changed.  It would also drop an old column too early.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alembic_zdt.autogenerate.comparing.projected_schema import ProjectedSchema
from alembic_zdt.autogenerate.found.hints import Key
from alembic_zdt.catalog.bridge import Bridge, bridges
from alembic_zdt.catalog.windows.open_windows import OpenWindow, open_windows
from alembic_zdt.connection.database import Database
from alembic_zdt.names import SYNC_CHECK, distinct, unquoted

_IDENTIFIER = r'("(?:[^"]|"")*"|[^",]+)'
_ALIAS = re.compile(rf"two names of a column: {_IDENTIFIER}, {_IDENTIFIER}\Z")
_HIDDEN_TWIN = "zdt_"

Models = Mapping[Key, frozenset[str]]
"""The columns of each table of the models."""


def in_flight(
    database: Database, models: Models, default_schema: str | None
) -> ProjectedSchema:
    """Return the future names of the tables whose columns have a twin or two names.

    Args:
        database: a connection to the database.
        models: columns of the models' tables.
        default_schema: schema of tables that name none.
    """
    seen = ProjectedSchema()

    def key(schema: str | None, table: str) -> Key:
        return (None if schema == default_schema else schema, table)

    for bridge in bridges(database):
        _show_base(bridge, seen, key(bridge.table.schema, bridge.table.name), models)
    for window in open_windows(database):
        at = key(window.table.schema, window.table.name)
        _show_window(window, seen, at, models)
    return seen


def _show_base(bridge: Bridge, seen: ProjectedSchema, key: Key, models: Models) -> None:
    """Show a table under the name of the view that gives a column two names."""
    found = _ALIAS.match(bridge.meaning)
    if found is None:
        return
    table = seen.table(key)
    table.name = bridge.view.name
    column, name = (unquoted(part) for part in found.groups())
    wanted = models.get((key[0], table.name), frozenset())
    if name in wanted and column not in wanted:
        table.columns[column] = name


def _show_window(
    window: OpenWindow, seen: ProjectedSchema, key: Key, models: Models
) -> None:
    table = seen.table(key)
    original, twin = _in_order(window)
    wanted = models.get((key[0], table.name), frozenset())
    if twin.startswith(_HIDDEN_TWIN) and twin not in wanted:
        table.hidden.add(twin)
        table.types[original] = twin
    elif twin in wanted and original not in wanted:
        table.columns[original] = twin
        table.hidden.add(twin)
        table.types[original] = twin
    elif original in wanted and twin not in wanted:
        table.hidden.add(twin)


def _in_order(window: OpenWindow) -> tuple[str, str]:
    """Return the original and its twin, as the name of the CHECK orders them."""
    one, other = window.columns
    turned = distinct(SYNC_CHECK, window.table.name, other, one)
    return (other, one) if window.check == turned else (one, other)


def models_of(metadata: Any, default_schema: str | None) -> dict[Key, frozenset[str]]:
    """Return the tables of the models, and their columns."""
    several = metadata if isinstance(metadata, list | tuple) else [metadata]
    return {
        (None if table.schema == default_schema else table.schema, table.name): (
            frozenset(str(column.name) for column in table.columns)
        )
        for one in several
        if one is not None
        for table in one.tables.values()
    }
