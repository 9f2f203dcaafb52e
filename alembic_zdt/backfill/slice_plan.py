"""Plan the slices of a backfill, and check whether it can be done at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill.batch_statements import Pages, update
from alembic_zdt.backfill.definition import Definition
from alembic_zdt.backfill.proof import Remaining
from alembic_zdt.backfill.slices import NewSlice
from alembic_zdt.catalog import column as column_sql
from alembic_zdt.catalog import replica_identity, storage
from alembic_zdt.catalog.storage import KeyColumn, Store
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UndefinedObjectError, UsageError, WrongObjectTypeError
from alembic_zdt.runner.session_settings import session_settings
from alembic_zdt.throttles.asked_function import load

_FEWEST_PAGES = 4096
_MOST_PAGES = 65536
_WANTED_SLICES = 64


def fingerprint(database: Database, definition: Definition) -> str:
    """Return a text that is equal only for the same change of the same columns.

    A column that was dropped and added again counts as another one, whatever its name.
    """
    columns = tuple(definition.values)
    identity = database.value(column_sql.identity(definition.table, columns))
    return f"{definition.fingerprint}:{identity}"


def slices(definition: Definition, stores: Sequence[Store]) -> list[NewSlice]:
    """Return the slices of the first round."""
    found = []
    for store in stores:
        if definition.key:
            found.append(NewSlice("keys", store.oid))
        else:
            found += _stretches(store)
    return found


def _stretches(store: Store) -> list[NewSlice]:
    size = min(max(store.pages // _WANTED_SLICES, _FEWEST_PAGES), _MOST_PAGES)
    return [
        NewSlice("pages", store.oid, first, min(first + size, store.pages))
        for first in range(0, store.pages, size)
    ]


def slices_of_rest(definition: Definition, rest: Sequence[Remaining]) -> list[NewSlice]:
    """Return the slices of a later round, for the rows that a proof has found."""
    if definition.key:
        return [NewSlice("keys", found.store.oid) for found in rest]
    return [
        NewSlice("pages", found.store.oid, found.first_page, found.last_page)
        for found in rest
    ]


def stores(database: Database, definition: Definition) -> list[Store]:
    """Return the tables that hold the rows.

    Raises:
        UndefinedObjectError: the table does not exist any more.
        WrongObjectTypeError: a partition or a child is a foreign table.
        UsageError: the backfill needs a key, or the table has no such unique key.
    """
    found = storage.stores(database, definition.table)
    if not found and not database.holds(f"{definition.table.regclass} IS NOT NULL"):
        raise UndefinedObjectError(
            f'table "{definition.table.label}" does not exist',
            detail="The backfill was begun for this table.",
            hint="Cancel the backfill, or restore the table.",
            table=definition.table.label,
        )
    for store in found:
        _check_store(database, definition, store)
    return found


def has_lost_table(
    database: Database, definition: Definition, stores: Sequence[Store], error: object
) -> bool:
    """Check whether a statement failed because one of its tables has another name.

    A partition may be dropped, detached or renamed at any time.

    Args:
        database: a connection for queries.
        definition: the definition of the backfill.
        stores: the tables of the statement, with the names that they had.
        error: the error of the statement.
    """
    if not isinstance(error, DBAPIError):
        return False
    if driver_errors.diagnostics(error).sqlstate != driver_errors.UNDEFINED_TABLE:
        return False
    now = (storage.store(database, each.oid, definition.table) for each in stores)
    return any(
        found is None or found.name != each.name
        for found, each in zip(now, stores, strict=True)
    )


def _check_store(database: Database, definition: Definition, store: Store) -> None:
    table = store.name.label
    if store.kind == "f":
        raise WrongObjectTypeError(
            f'cannot backfill "{table}": it is a foreign table',
            detail="The rows are on another server, so this server has no pages of "
            "them.",
            hint="Run the backfill on the server that has the rows.",
            table=table,
        )
    if definition.key:
        key_of(database, definition, store)
    elif store.access_method != "heap":
        hint = f"{definition.directive}() needs a table that is stored as a heap."
        if definition.directive == "backfill":
            key = [each.name for each in storage.primary_key(database, store.oid)]
            wanted = f"key={key}" if key else "key="
            hint = (
                f"Pass {wanted}, the columns of a unique key, to go through the rows "
                "in its order."
            )
        raise UsageError(
            f'cannot go through the pages of "{table}"',
            detail=f"The table is stored by {store.access_method}, not as a heap.",
            hint=hint,
            table=table,
        )


def key_of(
    database: Database, definition: Definition, store: Store
) -> tuple[KeyColumn, ...]:
    """Return the key in whose order the rows are visited.

    Raises:
        UsageError: the table has no such unique key.
    """
    columns = storage.unique_key(database, store.oid, definition.key)
    if columns is None:
        raise _no_key(definition, store.name.label)
    return columns


def _no_key(definition: Definition, table: str) -> UsageError:
    columns = ", ".join(definition.key)
    return UsageError(
        f'({columns}) is not a key of "{table}"',
        detail="A key needs a unique index on just these columns, in this order, "
        "without a condition. Each of the columns must be NOT NULL, because the "
        "backfill would miss a row without a key.",
        hint="Name the columns of the primary key, or leave key= out.",
        table=table,
    )


def check(database: Database, definition: Definition, stores: Sequence[Store]) -> None:
    """Refuse a backfill that cannot work, before anything is changed.

    Raises:
        ZdtError: a column cannot be set, an expression is wrong, a right is missing.
    """
    load(definition.limits.throttle)
    _check_columns(database, definition)
    for store in stores:
        statement = update(definition, store, Pages(0, 1))
        try:
            database.rows(f"EXPLAIN {statement}", as_written=True)
        except DBAPIError as error:
            if driver_errors.ends_run(error):
                raise
            raise _refused(database, definition, statement, error) from error


def _check_columns(database: Database, definition: Definition) -> None:
    columns = tuple(definition.values)
    why = column_sql.not_assignable(database, definition.table, columns)
    for column, reason in why.items():
        raise UsageError(
            f'cannot backfill column "{column}" of "{definition.table.label}"',
            detail=_REASONS[reason](column),
            hint="Leave this column out of the values.",
            column=column,
        )


_REASONS: dict[str, Callable[[str], str]] = {
    "generated": lambda _column: "PostgreSQL computes this column from other columns.",
    "identity": lambda _column: (
        "An UPDATE can only set a column GENERATED ALWAYS AS IDENTITY to DEFAULT."
    ),
    "partition key": lambda _column: (
        "This column decides in which partition a row is stored; moving rows needs "
        "more than a backfill."
    ),
}


def _refused(
    database: Database, definition: Definition, statement: str, error: DBAPIError
) -> UsageError:
    found = driver_errors.diagnostics(error)
    hint = "Correct values= or where=; they are SQL over the columns of the table."
    if definition.directive.startswith("migrate_"):  # this package wrote all of it
        hint = (
            "Remove the object in the message of the server, then run the same "
            "command again."
        )
    elif definition.directive != "backfill":
        hint = f"Correct the arguments of {definition.directive}()."
    if found.sqlstate == driver_errors.NOT_IN_PREREQUISITE_STATE:
        lacking = database.rows(replica_identity.lacking(definition.table))
        hint = replica_identity.hint(lacking) if lacking else hint
    if found.sqlstate == driver_errors.INSUFFICIENT_PRIVILEGE:
        hint = (
            "Run the backfill as the owner of the table, or GRANT SELECT, UPDATE on it."
        )
        if _is_about_policies(database, statement):
            hint = "Run the backfill as a role with BYPASSRLS, or as an owner to whom "
            hint += "the policies do not apply. Rows that the role cannot see would be "
            hint += "left out."
    return UsageError(
        f'cannot backfill "{definition.table.label}": {found.message}',
        detail="The server reported this error before anything was changed (SQLSTATE "
        f"{found.sqlstate}). {found.detail}".strip(),
        hint=hint,
        sqlstate=found.sqlstate,
    )


def _is_about_policies(database: Database, statement: str) -> bool:
    """Check whether the server allows a statement that does not see every row."""
    with session_settings(database, (("row_security", "on"),)):
        try:
            database.rows(f"EXPLAIN {statement}", as_written=True)
        except DBAPIError as error:
            if driver_errors.ends_run(error):
                raise
            return False
    return True
