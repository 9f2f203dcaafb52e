"""Types that exist before a stock table with ``IF NOT EXISTS`` is created.

PostgreSQL has no ``CREATE TYPE IF NOT EXISTS``, so SQLAlchemy's ``CREATE TYPE`` or
``CREATE DOMAIN`` fails if the type exists.  Another table may use the type, or an
interrupted revision has created it together with the table.
https://www.postgresql.org/docs/current/sql-createtype.html
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import ARRAY, Column, Enum
from sqlalchemy.dialects.postgresql import DOMAIN, CreateDomainType

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.catalog import enum as catalog
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, dollar_tag, literal
from alembic_zdt.operations.calls.sql_text import DIALECT
from alembic_zdt.operations.enums.enum_change import (
    enum_of,
    name_is_free,
    name_of,
    with_values,
)
from alembic_zdt.operations.skipped_table import warn_of_another

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def prepare(context: MigrationContext, operation: Any) -> None:
    """Let a table with ``if_not_exists`` use enum types and domains that exist.

    Log a warning if a table or column exists and differs.

    Args:
        context: the context of the run.
        operation: ``CreateTableOp`` or ``AddColumnOp`` with ``if_not_exists``.

    Raises:
        DuplicateObjectError: a type of the name has other values.
    """
    if context.connection is not None and not context.as_sql:
        warn_of_another(context, operation)
    if not isinstance(operation, ops.CreateTableOp):
        return
    operation.columns = [_with_known_type(context, each) for each in operation.columns]


def _with_known_type(context: MigrationContext, item: Any) -> Any:
    if isinstance(item, Column) and (domain := domain_of(item.type)) is not None:
        return _with_known_domain(context, item, domain)
    enum = enum_of(item.type) if isinstance(item, Column) else None
    if enum is None:
        return item
    if context.as_sql:
        for statement in catalog.making(name_of(enum), enum.enums):
            contexts.write(context, f"{statement};")
    elif not _is_there(context, enum):
        return item
    return _of_type(item, with_values(enum.enums, str(enum.name), enum.schema))


def domain_of(type_: Any) -> DOMAIN | None:
    """Return the domain that SQLAlchemy creates with a table, None if there is none."""
    if isinstance(type_, ARRAY):
        return domain_of(type_.item_type)
    is_domain = isinstance(type_, DOMAIN) and type_.create_type
    return type_ if is_domain else None


def _with_known_domain(
    context: MigrationContext, item: Column[Any], domain: DOMAIN
) -> Any:
    name = literal(QualifiedName(str(domain.name), domain.schema).sql)
    is_missing = f"pg_catalog.to_regtype({name}) IS NULL"
    if context.as_sql:
        create = str(CreateDomainType(domain).compile(dialect=DIALECT))
        body = f"BEGIN IF {is_missing} THEN {create}; END IF; END"
        tag = dollar_tag(body)
        contexts.write(context, f"DO {tag}{body}{tag};")
    elif context.connection is None or Database(context.connection).holds(is_missing):
        return item
    known = copy.copy(domain)
    known.create_type = False
    return _of_type(item, known)


def _is_there(context: MigrationContext, enum: Enum) -> bool:
    if context.connection is None:
        return False
    database, name = Database(context.connection), name_of(enum)
    if not database.holds(catalog.is_there(name)):
        return False
    if not database.holds(catalog.has_values(name, enum.enums)):
        taken = name_is_free(enum)
        raise taken.error(database.rows(taken.question, as_written=True))
    return True


def _of_type(column: Column[Any], type_: Any) -> Column[Any]:
    """Return a copy of the column, whose type SQLAlchemy does not create."""
    was: Any = column.type
    is_array = isinstance(was, ARRAY)
    column.type = ARRAY(type_, dimensions=was.dimensions) if is_array else type_
    try:
        return column._copy()  # noqa: SLF001  # as Alembic does
    finally:
        column.type = was
