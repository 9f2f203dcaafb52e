"""Defaults of removed columns that use a sequence of another schema.

SQLAlchemy reflects ``nextval('numbers')`` of a table with a schema as if the sequence
were in the schema of the table, and the downgrade would not find it there.
https://docs.sqlalchemy.org/en/20/core/reflection.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column, DefaultClause, TextClause, text

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal

_NEXTVAL = re.compile(r"""\A(nextval\(')("(?:[^"]|"")+"\.)([^']+)('.*)\Z""", re.DOTALL)


def correct(upgrade_ops: ops.UpgradeOps, database: Database) -> None:
    """Give the removed columns the defaults that they have in the database."""
    for column in _removed(upgrade_ops):
        found = getattr(column.server_default, "arg", None)
        match = _NEXTVAL.match(found.text) if isinstance(found, TextClause) else None
        if match is not None and _is_elsewhere(match[2], match[3], database):
            column.server_default = DefaultClause(text(match[1] + match[3] + match[4]))


def _removed(upgrade_ops: ops.UpgradeOps) -> Iterator[Any]:
    for container in (upgrade_ops, *upgrade_ops.ops):
        for op in getattr(container, "ops", ()):
            if isinstance(op, ops.DropColumnOp | ops.DropTableOp):
                made = comparisons.created_before(op)
                columns = getattr(made, "columns", [getattr(made, "column", None)])
                yield from (each for each in columns if isinstance(each, Column))


def _is_elsewhere(schema: str, name: str, database: Database) -> bool:
    """Check whether a sequence is found by the search_path alone."""
    there, alone = (literal(each) for each in (f"{schema}{name}", name))
    return database.holds(
        f"pg_catalog.to_regclass({there}) IS NULL"
        f" AND pg_catalog.to_regclass({alone}) IS NOT NULL"
    )
