"""SQL expressions and types as text, written by SQLAlchemy.

https://docs.sqlalchemy.org/en/latest/core/compiler.html
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, Column
from sqlalchemy.dialects import postgresql

from alembic_zdt.runner.script.offline_contexts import write_escapes

# With "named" parameters a percent sign is an ordinary character.
DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
write_escapes(DIALECT)


def sql_text(expression: ClauseElement) -> str:
    """Return an SQL expression as text, with its values written out."""
    return str(
        expression.compile(
            dialect=DIALECT,
            compile_kwargs={"literal_binds": True, "include_table": False},
        )
    )


def item_text(item: Any) -> str:
    """Return the name of a column, or an expression as text."""
    if isinstance(item, Column):
        return str(item.name)
    return sql_text(item) if isinstance(item, ClauseElement) else str(item)


def written(part: Any) -> str:
    """Return a constraint as ``CREATE TABLE`` has it."""
    compiler: Any = DIALECT.ddl_compiler
    return str(compiler(DIALECT, None).process(part))
