# Alembic's op and our directives, typed; made by tools/generate.py.
# ruff: noqa: F403, PYI021  # a stub that editors show the docstrings of
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Literal, NoReturn

from alembic.op import *
from sqlalchemy import ClauseElement, Column, ColumnElement, Enum, TextClause
from sqlalchemy.types import TypeEngine

def add_enum_value(
    enum_name: str,
    value: str,
    *,
    before: str | None = None,
    after: str | None = None,
    schema: str | None = None,
) -> None:
    """Add a value to an enum type, in a transaction of its own.

    If the type has the value in that place already, the step is skipped.

    Args:
        enum_name: the type.
        value: the new value.
        before: an existing value that it sorts before.
        after: an existing value that it sorts after; default: at the end.
        schema: the type's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no such enum type, or no such neighbour.
        DuplicateObjectError: the value exists, at another place.
        UsageError: both before and after.
        DependentObjectsError: an open window converts the values of the type.

    Example::

        op.add_enum_value("order_status", "refunded", after="paid")

    Instead of::

        op.execute("ALTER TYPE order_status ADD VALUE 'refunded' AFTER 'paid'")

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

def add_not_null_two_phase(
    table_name: str,
    column_name: str,
    *,
    backfill: str | ClauseElement | None = None,
    schema: str | None = None,
) -> None:
    """Set NOT NULL on a column without blocking reads or writes.

    Refuses if the column holds NULLs.  If a valid CHECK constraint proves already
    that there are none, it is used.

    Args:
        table_name: the table.
        column_name: the column; fill it first.
        backfill: an SQL expression over the columns of the row, as text or as a
            SQLAlchemy construct, that fills the NULLs first, as ``op.backfill()``
            does.  New rows must already get a value, for example from a default.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no such table or column.
        DuplicateObjectError: another constraint has the name.
        NullValuesRemainError: the column holds NULLs.
        UsageError: the expression is wrong, or the column cannot be set.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.add_not_null_two_phase("users", "email")

    Instead of::

        op.alter_column("users", "email", nullable=False)

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def alter_column_safely(
    table_name: str,
    column_name: str,
    *,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    server_default: str | ClauseElement | Literal[False] | None = False,
    existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    existing_server_default: str | ClauseElement | Literal[False] | None = False,
    schema: str | None = None,
) -> None:
    """Change the default of a column, or its type to a binary-compatible one.

    Refuses if the server would rewrite or read the table, or rewrite an index.  A
    small table is rewritten: at most a megabyte with its indexes, its children and
    the tables that foreign keys of the column connect it to.  If the column has the
    type and the default already, the step is skipped.

    Args:
        table_name: the table.
        column_name: the column.
        type_: the new type.
        server_default: the new default; None drops it.
        existing_type: the present type, for the downgrade.
        existing_server_default: the present default, for the downgrade.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no such table or column.
        PreconditionError: the server would rewrite or read a larger table.
        UsageError: the call changes nothing, the column is an identity or a
            generated column, the server refuses the change, or the change would
            lose data or convert rows with the time zone of the session.
        DependentObjectsError: an unfinished rename or change of a type uses the
            column.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.alter_column_safely("orders", "total", server_default="0")

    Instead of::

        op.alter_column("orders", "total", server_default="0")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def backfill(
    table_name: str,
    values: Mapping[str, str | ClauseElement],
    *,
    where: str | ClauseElement | None = None,
    schema: str | None = None,
    key: str | Sequence[str] | None = None,
    batch_size: int | Literal["auto"] = "auto",
    target_batch_time: str | timedelta = "100ms",
    max_replica_lag: str | timedelta | None = None,
    max_wal_rate: str | None = None,
    max_archive_backlog: str | None = None,
    wait_for_autovacuum: bool | None = None,
    max_active_sessions: int | None = None,
    max_lock_waiters: int | None = None,
    window: str | None = None,
    pause: str | timedelta = "0ms",
    throttle: str | None = None,
    verify: bool = True,
    triggers: Literal["fire", "skip"] | None = None,
    mode: Literal["inline", "background"] = "inline",
    name: str | None = None,
    approve: bool = False,
) -> None:
    """Change many rows in many short transactions, and prove that none remains.

    After a failure the next run continues where the last one stopped.  Other
    sessions can change, insert or delete rows meanwhile: each row is checked again
    in the transaction that changes it.

    Args:
        table_name: the table; its partitions and children are included.
        values: column -> SQL expression over the columns of the row, as text or
            as a SQLAlchemy construct.
        where: SQL condition, true for the rows to change; the update must make it
            false.  Default: the column is NULL and the expression is not, so that
            no value is overwritten.
        schema: the table's schema, default: by search_path.
        key: columns of a unique key, which sets the order of the rows.
            Default: page by page, which needs no key.
        batch_size: the number of rows in a transaction; ``"auto"`` adapts it to
            *target_batch_time*.
        target_batch_time: the time that a transaction should last, with its unit, for
            example ``100ms``. While other sessions change the table, it is a quarter of
            that.
        max_replica_lag: wait while a replica is further behind, for example ``"10s"``;
            ``"0s"`` turns this off.  Default of this and the other limits: the setting
            of that name after ``backfill_``.
        max_wal_rate: wait while the server writes more WAL in a second, for example
            ``"50MB"``.
        max_archive_backlog: wait while more WAL is not archived yet, for example
            ``"2GB"``.
        wait_for_autovacuum: whether to wait while autovacuum works on the table.
        max_active_sessions: wait while more sessions of the server are active; ``-1``
            turns this off.
        max_lock_waiters: wait while more sessions of the database wait for a lock;
            ``-1`` turns this off.
        window: work only at these hours, for example ``"22:00-05:00 Europe/Berlin"``.
        pause: the time to wait after each transaction, with its unit, for example
            ``"50ms"``.
        throttle: ``"package.module:function"``, called between transactions with
            a ``Pulse``; returns the seconds to wait before the next call.
        verify: whether to count the remaining rows at the end.  Without it, rows
            that other sessions insert or move meanwhile may remain.
        triggers: ``"fire"`` runs the triggers and rules of the table for the
            changed rows, ``"skip"`` does not; default: the setting
            ``backfill_triggers``.
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            any number of ``alembic-zdt work`` processes.
        name: the name in the journal; default ``<table>.<columns>``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.

    Raises:
        UndefinedObjectError: no such table or column.
        UsageError: a column cannot be set, an expression is wrong, or a right is
            missing.
        EndlessBackfillError: the update does not make ``where`` false.
        RowFailedError: the expression fails on a row; the error names it.
        RowsRemainError: rows remain, because other code keeps writing them.
        LockNotAvailableError: rows stay locked by another session.
        WrongObjectTypeError: the relation is not a table, but a view, for example.

    Example::

        op.backfill("users", {"email_lower": "lower(email)"})

    Instead of::

        op.execute("UPDATE users SET email_lower = lower(email)")

    https://www.postgresql.org/docs/current/sql-update.html
    """

def contract_alter_column_type(
    table_name: str,
    column_name: str,
    type_: TypeEngine[Any] | type[TypeEngine[Any]],
    *,
    new_column_name: str | None = None,
    existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    using: str | None = None,
    reverse_using: str | None = None,
    ignore_mentions: Sequence[str] | None = None,
    schema: str | None = None,
) -> None:
    """Keep only the column of this type: the last of three phases.

    Run it after every old process has ended.  It builds the missing indexes and
    constraints on the twin, unique indexes last.  Then the twin takes the place of
    the original.  With the types exchanged it keeps the old column.  That call is
    the downgrade of ``op.expand_alter_column_type()``, at any time before the
    contract.

    Args:
        table_name: the table.
        column_name: the column.
        type_: the type that stays.
        new_column_name: the name of the column of the new type, if it differs.
        existing_type: the type that is dropped; needed for the downgrade, and in a
            script.
        using: the new value as an SQL expression over the column.
        reverse_using: the old value as an SQL expression over the new column.
        ignore_mentions: with ``new_column_name``, names of functions and triggers
            whose text names the dropped column, but that do not fail without it.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table does not exist, or the expand is missing.
        GateClosedError: not every row is proven to have the new column, or sessions
            from before the expand are connected.
        UsageError: a row would lose something by a cast.
        DependentObjectsError: an object depends on the dropped column and would
            be lost; or a function still names it.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.contract_alter_column_type(
            "orders", "total", sa.BigInteger(), existing_type=sa.Integer()
        )

    Instead of::

        op.alter_column("orders", "total", type_=sa.BigInteger())

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def contract_drop_column(
    table_name: str,
    column_name: str,
    *,
    if_exists: bool = False,
    ignore_mentions: Sequence[str] | None = None,
    schema: str | None = None,
) -> None:
    """Drop a column that no code uses any more.

    Its foreign keys and its indexes are dropped first, without blocking reads or
    writes.

    Args:
        table_name: the table.
        column_name: the column.
        if_exists: skip the call if the object does not exist.
        ignore_mentions: names of functions and triggers whose text names the
            column, but that do not fail without it.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        UsageError: ``ignore_mentions`` is no list of names.
        GateClosedError: sessions from before the expand are connected.
        DependentObjectsError: views, foreign keys of other tables, or indexes and
            constraints with other columns need it, or a function still names it;
            all of them are listed.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.contract_drop_column("users", "email_lower")

    Instead of::

        op.drop_column("users", "email_lower")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def contract_drop_table(
    table_name: str,
    *,
    ignore_mentions: Sequence[str] | None = None,
    schema: str | None = None,
    if_exists: bool = False,
) -> None:
    """Drop a table that no code uses any more.

    Its foreign keys are dropped first, one by one, so that each referenced table is
    locked only for milliseconds.

    Args:
        table_name: the table.
        ignore_mentions: names of functions and triggers whose text names the table,
            but that do not fail without it.
        schema: the table's schema, default: by search_path.
        if_exists: skip the call if the object does not exist.

    Raises:
        UndefinedObjectError: the table does not exist.
        WrongObjectTypeError: the name belongs to a view or another relation.
        GateClosedError: sessions of old code are connected.
        DependentObjectsError: views or foreign keys of other tables need it, or a
            function names it; all of them are listed.  Or it has an open window.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.contract_drop_table("orders")

    Instead of::

        op.drop_table("orders")

    https://www.postgresql.org/docs/current/sql-droptable.html
    """

def contract_rename_column(
    table_name: str,
    column_name: str,
    new_column_name: str,
    *,
    strategy: Literal["twin", "view"] = "twin",
    ignore_mentions: Sequence[str] | None = None,
    schema: str | None = None,
) -> None:
    """Keep only the new name of a column: the last of three phases.

    Run it after every old process has ended.  With the names exchanged it keeps the
    old name.  That call is the downgrade of ``op.expand_rename_column()``, at any time
    before the contract.

    Args:
        table_name: the table.
        column_name: the name to drop.
        new_column_name: the name that stays.
        strategy: as in ``op.expand_rename_column()``.
        ignore_mentions: names of functions and triggers whose text names the
            dropped column, but that do not fail without it.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table does not exist, or the expand is missing.
        UsageError: both names are the same, or an argument is unknown.
        GateClosedError: not every row is proven to have the new column, or sessions
            from before the expand are connected.
        DependentObjectsError: an object depends on the twin, or uses the view, and
            would be lost; or a function still names the dropped column.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.contract_rename_column("users", "email", "email_address")

    Instead of::

        op.alter_column("users", "email", new_column_name="email_address")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def contract_rename_enum_value(
    table_name: str,
    column_name: str,
    value: str,
    new_value: str,
    *,
    existing_type: Enum,
    new_column_name: str,
    new_enum_name: str,
    ignore_mentions: Sequence[str] | None = None,
    schema: str | None = None,
) -> None:
    """Keep only the column with the new name: the last of three phases.

    Run it after every old process has ended.  With all names exchanged it keeps the
    old column.  That call is the downgrade of ``op.expand_rename_enum_value()``, at any
    time before the contract.

    Args:
        table_name: the table.
        column_name: the column that is dropped.
        value: the value's name in that column.
        new_value: the name that stays.
        existing_type: the type of the dropped column, with all its values in their
            order; dropped with it, unless another object uses it.
        new_column_name: the column that stays.
        new_enum_name: the type of that column.
        ignore_mentions: names of functions and triggers whose text names the
            dropped column, but that do not fail without it.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table does not exist, or the expand is missing.
        UsageError: the value or ``existing_type`` does not fit the column's type.
        GateClosedError: not every row is proven to have the new column, or sessions
            from before the expand are connected.
        DependentObjectsError: an object depends on the dropped column and would
            be lost; or a function still names it.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.contract_rename_enum_value(
            "orders",
            "status",
            "paid",
            "settled",
            existing_type=sa.Enum("new", "paid", name="order_status"),
            new_column_name="state",
            new_enum_name="order_state",
        )

    Instead of::

        op.execute("ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled'")
        op.execute("ALTER TYPE order_status RENAME TO order_state")
        op.alter_column("orders", "status", new_column_name="state")

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

def contract_rename_table(
    old_table_name: str,
    new_table_name: str,
    *,
    ignore_mentions: Sequence[str] | None = None,
    schema: str | None = None,
) -> None:
    """Keep only the new name of a table: the last of two phases.

    Run it after every old process has ended.  It drops the view that has the old
    name.  With the names exchanged it keeps the old name.  That call is the
    downgrade of ``op.expand_rename_table()``.

    Args:
        old_table_name: the name to drop.
        new_table_name: the name that stays.
        ignore_mentions: names of functions and triggers whose text uses the dropped
            name, but that do not fail without it.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no table has one of the names, or no view has the
            other.
        UsageError: both names are the same.
        GateClosedError: sessions from before the expand are connected.
        DependentObjectsError: objects use the view, or a function still names it;
            all of them are listed.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.contract_rename_table("orders", "purchases")

    Instead of::

        op.rename_table("orders", "purchases")

    https://www.postgresql.org/docs/current/sql-dropview.html
    """

def create_check_constraint_two_phase(
    constraint_name: str | None,
    table_name: str,
    condition: str | ColumnElement[bool] | TextClause,
    *,
    schema: str | None = None,
    validate: bool = True,
) -> None:
    """Add a CHECK constraint without blocking reads or writes.

    Refuses if rows violate the condition already.  If the validation finds such a
    row, the constraint is dropped again, because every update of the row would
    fail.

    Args:
        constraint_name: the name of the constraint; None for the metadata's naming
            convention.
        table_name: the table.
        condition: an SQL expression as text, ``sa.text()`` or a construct.
        schema: the table's schema, default: by search_path.
        validate: False leaves it NOT VALID, for
            ``op.validate_constraint()`` in a later revision.

    Raises:
        UndefinedObjectError: no such table.
        UsageError: the constraint has no name.
        DuplicateObjectError: another constraint has the name.
        CheckViolationError: rows violate the condition.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.create_check_constraint_two_phase(
            "ck_orders_total_positive", "orders", "total >= 0"
        )

    Instead of::

        op.create_check_constraint(
            "ck_orders_total_positive", "orders", "total >= 0"
        )

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def create_foreign_key_two_phase(
    constraint_name: str | None,
    source_table: str,
    referent_table: str,
    local_cols: list[str],
    remote_cols: list[str],
    *,
    onupdate: str | None = None,
    ondelete: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    match: str | None = None,
    source_schema: str | None = None,
    referent_schema: str | None = None,
    validate: bool = True,
) -> None:
    """Add a foreign key without blocking reads or writes on either table.

    Args:
        constraint_name: the name of the constraint; None for the metadata's naming
            convention.
        source_table: the child, which gets the constraint.
        referent_table: the parent, to which the child refers.
        local_cols: columns of the child.
        remote_cols: columns of the parent.
        onupdate: the action when a key of the parent changes, such as ``CASCADE``.
        ondelete: the action when a row of the parent is deleted, such as
            ``SET NULL``.
        deferrable: whether a transaction may defer the check to its end.
        initially: ``DEFERRED`` or ``IMMEDIATE``.
        match: ``FULL`` or ``SIMPLE``.
        source_schema: the child's schema, default: by search_path.
        referent_schema: the parent's schema, default: by search_path.
        validate: False leaves it NOT VALID, for
            ``op.validate_constraint()`` in a later revision.  On a partitioned
            child this needs PostgreSQL 18.

    Raises:
        UndefinedObjectError: no such table or column.
        UsageError: an argument is not valid, or the key has no name.
        DuplicateObjectError: another constraint has the name.
        ForeignKeyViolationError: rows refer to rows that do not exist.
        PreconditionError: the child's integers are narrower than the parent's, or
            a partitioned child cannot have a key that is NOT VALID.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.create_foreign_key_two_phase(
            "fk_orders_user_id", "orders", "users", ["user_id"], ["id"]
        )

    Instead of::

        op.create_foreign_key(
            "fk_orders_user_id", "orders", "users", ["user_id"], ["id"]
        )

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def create_index_concurrently(
    index_name: str | None,
    table_name: str,
    columns: Sequence[str | TextClause | ColumnElement[Any]],
    *,
    schema: str | None = None,
    unique: bool = False,
    postgresql_include: Sequence[str] | None = None,
    postgresql_nulls_not_distinct: bool | None = None,
    postgresql_ops: Mapping[str, str] | None = None,
    postgresql_tablespace: str | None = None,
    postgresql_using: str | None = None,
    postgresql_where: str | ColumnElement[bool] | TextClause | None = None,
    postgresql_with: Mapping[str, str | float] | None = None,
    if_not_exists: bool | None = None,
    postgresql_concurrently: bool = True,
    mode: Literal["inline", "background"] = "inline",
    window: str | None = None,
    approve: bool = False,
) -> None:
    """Build an index without blocking reads or writes.

    If the index exists, is valid and has this definition, the step is skipped.
    An invalid index of an interrupted build is dropped first.  If another session
    is still building the index, the directive waits for it.  On a partitioned
    table each partition gets its index concurrently.

    Args:
        index_name: its name; None for the metadata's naming convention.
        table_name: the table.
        columns: column names, ``sa.text()`` or SQL expressions.
        schema: the table's schema, default: by search_path.
        unique: build a unique index.
        postgresql_include: columns that the index stores in addition to its key.
        postgresql_nulls_not_distinct: whether NULLs count as equal (15+).
        postgresql_ops: operator classes, by column name or label.
        postgresql_tablespace: its tablespace.
        postgresql_using: its access method, such as ``gin``; default: ``btree``.
        postgresql_where: the condition of a partial index.
        postgresql_with: storage parameters, such as ``{"fillfactor": 70}``.
        if_not_exists: no effect, accepted as an argument of ``create_index()``.
        postgresql_concurrently: no effect, accepted in the same way.
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            ``alembic-zdt work``.
        window: with ``mode="background"``, begin only at these hours, for example
            ``"22:00-05:00 Europe/Berlin"``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.

    Raises:
        UndefinedObjectError: no such table or column.
        WrongObjectTypeError: the relation is neither a table nor a materialized
            view.
        UsageError: an option or the columns are not valid.
        DuplicateObjectError: another index or relation has the name.
        DuplicateKeysError: the index is unique, and there are duplicates.
        LockNotAvailableError: an old transaction did not end in time.
        OwnProcessBlocksError: a session of this process would block the build.
        UnsupportedServerError: PostgreSQL 14.0 to 14.3.

    Example::

        op.create_index_concurrently(
            "ix_orders_user_id", "orders", ["user_id"]
        )

    Instead of::

        op.create_index("ix_orders_user_id", "orders", ["user_id"])

    https://www.postgresql.org/docs/current/sql-createindex.html
    """

def create_primary_key_concurrently(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
) -> None:
    """Add a primary key without blocking reads or writes.

    Columns that take NULL become NOT NULL in two phases first.  They stay NOT NULL
    when the key is dropped later.

    Args:
        constraint_name: the name of the constraint; None for the metadata's naming
            convention.
        table_name: the table, not a partitioned one.
        columns: column names.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no such table or column.
        UsageError: the columns are not valid.
        DuplicateObjectError: the table has a primary key, or the name is taken.
        DuplicateKeysError: there are duplicates.
        NullValuesRemainError: a column holds NULLs.
        PreconditionError: the table is partitioned.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.create_primary_key_concurrently("users_pkey", "users", ["id"])

    Instead of::

        op.create_primary_key("users_pkey", "users", ["id"])

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def create_unique_constraint_concurrently(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    postgresql_include: Sequence[str] | None = None,
    postgresql_nulls_not_distinct: bool | None = None,
    postgresql_tablespace: str | None = None,
    postgresql_with: Mapping[str, str | float] | None = None,
) -> None:
    """Add a UNIQUE constraint without blocking reads or writes.

    Its index is built concurrently and has the constraint's name.

    Args:
        constraint_name: the name of the constraint; None for the metadata's naming
            convention.
        table_name: the table, not a partitioned one.
        columns: column names.
        schema: the table's schema, default: by search_path.
        deferrable: whether a transaction may defer the check to its end.
        initially: ``DEFERRED`` or ``IMMEDIATE``.
        postgresql_include: columns that the index stores in addition to its key.
        postgresql_nulls_not_distinct: whether NULLs count as equal (15+).
        postgresql_tablespace: the tablespace of the index.
        postgresql_with: storage parameters, such as ``{"fillfactor": 70}``.

    Raises:
        UndefinedObjectError: no such table or column.
        UsageError: an option or the columns are not valid.
        DuplicateObjectError: the name is taken by something else.
        DuplicateKeysError: there are duplicates.
        PreconditionError: the table is partitioned.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.create_unique_constraint_concurrently(
            "uq_users_email", "users", ["email"]
        )

    Instead of::

        op.create_unique_constraint("uq_users_email", "users", ["email"])

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def drop_constraint_safely(
    constraint_name: str,
    table_name: str,
    type_: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool = False,
) -> None:
    """Drop a constraint with short, repeated lock attempts.

    Dropping a foreign key also locks the referenced table, and locks it first.

    Args:
        constraint_name: the constraint; a naming convention is applied as by
            ``drop_constraint()``, if ``type_`` is given.
        table_name: its table.
        type_: its type, as in Alembic; a constraint of another type is refused.
        schema: the table's schema, default: by search_path.
        if_exists: skip the call if the object does not exist.

    Raises:
        UndefinedObjectError: no such table or constraint.
        WrongObjectTypeError: no table, or the constraint is not of ``type_``.
        DependentObjectsError: a foreign key needs this unique or primary key, or
            an open window needs it.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.drop_constraint_safely("fk_orders_user_id", "orders", "foreignkey")

    Instead of::

        op.drop_constraint("fk_orders_user_id", "orders", type_="foreignkey")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def drop_index_concurrently(
    index_name: str,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool = False,
    mode: Literal["inline", "background"] = "inline",
    window: str | None = None,
    approve: bool = False,
) -> None:
    """Drop an index without blocking reads or writes.

    The index of a partitioned table cannot be dropped concurrently.  It is dropped
    in a short transaction, with repeated lock attempts.

    Args:
        index_name: the index.
        table_name: its table; an index of another table is refused.
        schema: the index's schema, default: by search_path.
        if_exists: skip the call if the object does not exist.
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            ``alembic-zdt work``.
        window: with ``mode="background"``, begin only at these hours, for example
            ``"22:00-05:00 Europe/Berlin"``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.

    Raises:
        UndefinedObjectError: no such index, or no such table if one is named.
        UsageError: an option is not valid.
        WrongObjectTypeError: the relation is neither a table nor a materialized
            view.
        DependentObjectsError: a constraint or an open window needs the index.
        LockNotAvailableError: an old transaction did not end in time.

    Example::

        op.drop_index_concurrently("ix_orders_user_id", "orders")

    Instead of::

        op.drop_index("ix_orders_user_id", "orders")

    https://www.postgresql.org/docs/current/sql-dropindex.html
    """

def drop_not_null(
    table_name: str,
    column_name: str,
    *,
    schema: str | None = None,
) -> None:
    """Allow NULL in a column, with short, repeated lock attempts.

    If the column takes NULL already, the step is skipped.

    Args:
        table_name: the table.
        column_name: the column.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no such table or column.
        DependentObjectsError: the column is part of the primary key.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.drop_not_null("users", "email")

    Instead of::

        op.alter_column("users", "email", nullable=True)

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def expand_add_column(
    table_name: str,
    column: Column[Any],
    *,
    backfill: str | ClauseElement | None = None,
    triggers: Literal["fire", "skip"] | None = None,
    schema: str | None = None,
) -> None:
    """Add a column, with a default of any kind, and fill existing rows.

    A constant default applies to existing rows at once.  For other defaults, rows
    are filled in batches, as ``op.backfill()`` does.  An enum type that does not
    exist is created, as for a new table.

    Args:
        table_name: the table.
        column: the column; NOT NULL only with a ``server_default`` or an
            ``Identity``, because old code does not write it.  Add its indexes,
            constraints and foreign keys with their own directives.
        backfill: the value of existing rows, an SQL expression over the row,
            default: the ``server_default``.  Without a ``server_default``, rows that
            old code inserts have NULL; ``op.backfill()`` fills them after the
            deployment.
        triggers: as in ``op.backfill()``.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table does not exist.
        DuplicateObjectError: another column has that name.
        UsageError: the column is NOT NULL without a default, has an index, a
            constraint or a stored generated value, or is an identity with
            another ``backfill``, or the server refuses it.
        PreconditionError: a role that inserts rows may not run the default.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.expand_add_column(
            "users",
            sa.Column("seed", sa.Float(), server_default=sa.text("random()")),
        )

    Instead of::

        op.add_column(
            "users",
            sa.Column("seed", sa.Float(), server_default=sa.text("random()")),
        )

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def expand_alter_column_type(
    table_name: str,
    column_name: str,
    type_: TypeEngine[Any] | type[TypeEngine[Any]],
    *,
    new_column_name: str | None = None,
    existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    using: str | None = None,
    reverse_using: str | None = None,
    on_conflict: Literal["new", "old", "error"] = "new",
    schema: str | None = None,
) -> None:
    """Begin to change the type of a column: the first of three phases.

    It adds a twin of the new type, and a trigger that keeps both columns equal,
    whichever of them code writes.  Continue with ``op.migrate_alter_column_type()``
    and ``op.contract_alter_column_type()``, with the same arguments.  An enum type
    that does not exist is created, as for a new table.

    Args:
        table_name: the table.
        column_name: the column.
        type_: the new type.
        new_column_name: the name of the column of the new type, for code that
            uses both; default: the column keeps its name.
        existing_type: the current type; needed for the downgrade, and in a script.
        using: the new value as an SQL expression over the column, default: a cast
            that may not lose anything.  It may not depend on anything else, such as
            the time zone of the session.
        reverse_using: the old value as an SQL expression over the new column,
            default: a cast.
        on_conflict: which column wins when one UPDATE writes values into both that
            do not match: ``new``, ``old``, or ``error`` (SQLSTATE 23000).
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        UsageError: the server refuses an expression, or the type for an object
            that depends on the column; or a row cannot be converted, or would
            lose something by a cast.
        DuplicateObjectError: another column has the new name.
        PreconditionError: a role that writes the table may not run an expression,
            or rows cannot be updated for lack of a replica identity.
        DependentObjectsError: an object makes a twin impossible, or would be lost
            with the original; all of them are listed.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.expand_alter_column_type(
            "orders", "total", sa.BigInteger(), existing_type=sa.Integer()
        )

    Instead of::

        op.alter_column("orders", "total", type_=sa.BigInteger())

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def expand_drop_column(
    table_name: str,
    column_name: str,
    *,
    if_exists: bool = False,
    existing_nullable: bool | None = None,
    schema: str | None = None,
) -> None:
    """Let code insert without a column that will be dropped: the first phase.

    It drops NOT NULL, unless the column has a default or allows NULL already.  Then
    deploy the code that does not know the column.  After every old process has ended,
    drop it with ``op.contract_drop_column()``.

    Args:
        table_name: the table.
        column_name: the column.
        if_exists: skip a column that does not exist.
        existing_nullable: False lets the downgrade set NOT NULL again.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        DependentObjectsError: the column is part of the primary key.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.expand_drop_column("users", "email_lower")

    Instead of::

        op.drop_column("users", "email_lower")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def expand_rename_column(
    table_name: str,
    column_name: str,
    new_column_name: str,
    *,
    strategy: Literal["twin", "view"] = "twin",
    on_conflict: Literal["new", "old", "error"] = "new",
    schema: str | None = None,
) -> None:
    """Give a column two names for a while: the first of three phases.

    It adds a twin of the column, and a trigger that keeps both equal, whichever of
    them code writes.  Deploy code that uses the new name after
    ``op.migrate_rename_column()``.  After every old process has ended, end the
    rename with ``op.contract_rename_column()``.

    An INSERT takes the new column's value if it has one, else the old column's.
    An UPDATE takes the value of the column that it changes.

    With ``strategy="view"`` no value is copied.  The table gets another name, and a
    view with the table's name shows the column under both names until the contract.
    The notes on renames list the limits of a view.

    Args:
        table_name: the table.
        column_name: the current name.
        new_column_name: the new name.
        strategy: ``twin``, a second column, or ``view``; the same in all phases.
        on_conflict: which column wins when one UPDATE writes different values into
            both: ``new``, ``old``, or ``error`` (SQLSTATE 23000).  A view refuses
            such an UPDATE.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table or the column does not exist.
        UsageError: both names are the same, or an argument is unknown.
        DuplicateObjectError: another column has the new name.
        DependentObjectsError: an object makes a twin, or the view, impossible; all
            of them are listed.
        PreconditionError: a view would show rows that row level security hides,
            or rows cannot be updated for lack of a replica identity.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.expand_rename_column("users", "email", "email_address")

    Instead of::

        op.alter_column("users", "email", new_column_name="email_address")

    https://www.postgresql.org/docs/current/plpgsql-trigger.html
    """

def expand_rename_enum_value(
    table_name: str,
    column_name: str,
    value: str,
    new_value: str,
    *,
    existing_type: Enum,
    new_column_name: str,
    new_enum_name: str,
    schema: str | None = None,
) -> None:
    """Begin to rename a value of an enum: the first of three phases.

    It creates a type with the new name, and a twin of the column with that type.  A
    trigger keeps both columns equal, whichever of them code writes.  Continue with
    ``op.migrate_rename_enum_value()`` and ``op.contract_rename_enum_value()``, with
    the same arguments.

    Args:
        table_name: the table.
        column_name: the column; one call for each column of the type.
        value: the value.
        new_value: its new name.
        existing_type: the type of the column, with all its values in their order.
        new_column_name: the column in which new code finds the new name.
        new_enum_name: the type of that column, created if it does not exist; it
            gets owner, comment and rights of the old one.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table, the column or the value does not exist.
        WrongObjectTypeError: the relation is not a table, but a view, for example; or
            the column has another type.
        UsageError: the type has other values, or an object that depends on the
            column makes the server refuse the type.
        DuplicateObjectError: another column has the new name.
        PreconditionError: rows cannot be updated for lack of a replica identity.
        DependentObjectsError: an object makes a twin impossible, or would be lost
            with the original; all of them are listed.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.expand_rename_enum_value(
            "orders",
            "status",
            "paid",
            "settled",
            existing_type=sa.Enum("new", "paid", name="order_status"),
            new_column_name="state",
            new_enum_name="order_state",
        )

    Instead of::

        op.execute("ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled'")
        op.execute("ALTER TYPE order_status RENAME TO order_state")
        op.alter_column("orders", "status", new_column_name="state")

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

def expand_rename_table(
    old_table_name: str,
    new_table_name: str,
    *,
    view_only: bool = False,
    schema: str | None = None,
) -> None:
    """Rename a table, and leave a view with its old name: the first of two phases.

    The view has the table's owner, rights and comment.  Deploy code that uses the
    new name.  After every old process has ended, drop the view with
    ``op.contract_rename_table()``.

    Args:
        old_table_name: the current name.
        new_table_name: the new name.
        view_only: only create the view of a table that already has the new name;
            the downgrade of ``op.contract_rename_table()`` does that.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table does not exist.
        UsageError: both names are the same.
        DuplicateObjectError: another relation has the new name.
        PreconditionError: the table has row level security, and the server is older
            than 15, or a role may read only some of the columns.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.expand_rename_table("orders", "purchases")

    Instead of::

        op.rename_table("orders", "purchases")

    https://www.postgresql.org/docs/current/sql-createview.html
    """

def migrate_alter_column_type(
    table_name: str,
    column_name: str,
    type_: TypeEngine[Any] | type[TypeEngine[Any]],
    *,
    new_column_name: str | None = None,
    existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    using: str | None = None,
    reverse_using: str | None = None,
    copy_indexes: bool = True,
    triggers: Literal["fire", "skip"] | None = None,
    schema: str | None = None,
) -> None:
    """Fill the twin of another type, and prove that every row has it.

    This is the second of three phases.  Rows are filled in short batches, as
    ``op.backfill()`` does.  Then NOT NULL, CHECK constraints, indexes and extended
    statistics of the original are copied to the twin, without blocking reads or
    writes.  The contract builds unique indexes, unless new code may need them under
    a new name.

    Args:
        table_name: the table.
        column_name: the column.
        type_: the new type.
        new_column_name: the name of the column of the new type, if it differs.
        existing_type: the current type; needed in a script.
        using: the new value as an SQL expression over the column.
        reverse_using: the old value as an SQL expression over the new column.
        copy_indexes: False leaves indexes and extended statistics to the contract.
        triggers: as in ``op.backfill()``.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table, the column or the expand is missing.
        UsageError: the server refuses the type for an object that depends on it,
            or a row would lose something by a cast.
        LockNotAvailableError: rows stay locked.
        WrongObjectTypeError: the relation is not a table, but a view, for example.

    Example::

        op.migrate_alter_column_type(
            "orders", "total", sa.BigInteger(), existing_type=sa.Integer()
        )

    Instead of::

        op.alter_column("orders", "total", type_=sa.BigInteger())

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def migrate_rename_column(
    table_name: str,
    column_name: str,
    new_column_name: str,
    *,
    strategy: Literal["twin", "view"] = "twin",
    copy_indexes: bool = True,
    triggers: Literal["fire", "skip"] | None = None,
    schema: str | None = None,
) -> None:
    """Fill the new column in old rows, and prove that every row is filled.

    This is the second of three phases, after ``op.expand_rename_column()``.  It
    works in short batches, as ``op.backfill()`` does, and an interrupted run
    continues where it stopped.  Then it builds the indexes and extended statistics
    of the old column on the new one, concurrently.  The contract drops them.  Run
    it before code that uses the new name is deployed.  With ``strategy="view"``
    there is nothing to fill or to build.

    Args:
        table_name: the table.
        column_name: the old name.
        new_column_name: the new name.
        strategy: as in ``op.expand_rename_column()``.
        copy_indexes: False builds no indexes and no extended statistics.
        triggers: as in ``op.backfill()``.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table, the column or the expand is missing.
        UsageError: both names are the same, or an argument is unknown.
        LockNotAvailableError: rows stay locked, or a transaction prevents the build
            of an index.
        WrongObjectTypeError: the relation is not a table, but a view, for example.

    Example::

        op.migrate_rename_column("users", "email", "email_address")

    Instead of::

        op.alter_column("users", "email", new_column_name="email_address")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def migrate_rename_enum_value(
    table_name: str,
    column_name: str,
    value: str,
    new_value: str,
    *,
    existing_type: Enum,
    new_column_name: str,
    new_enum_name: str,
    copy_indexes: bool = True,
    triggers: Literal["fire", "skip"] | None = None,
    schema: str | None = None,
) -> None:
    """Fill the column with the new name, and prove that every row has it.

    This is the second of three phases.  Rows are filled in short batches, as
    ``op.backfill()`` does.  Then NOT NULL, CHECK constraints, indexes and extended
    statistics of the old column are copied to the new one, without blocking reads
    or writes.

    Args:
        table_name: the table.
        column_name: the column.
        value: the value.
        new_value: its new name.
        existing_type: the type of the column, with all its values in their order.
        new_column_name: the column with the new name.
        new_enum_name: the type of that column.
        copy_indexes: False leaves indexes and extended statistics to the contract.
        triggers: as in ``op.backfill()``.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table, the column or the expand is missing.
        UsageError: the server refuses the type for an object that depends on it.
        LockNotAvailableError: rows stay locked.
        WrongObjectTypeError: the relation is not a table, but a view, for example.

    Example::

        op.migrate_rename_enum_value(
            "orders",
            "status",
            "paid",
            "settled",
            existing_type=sa.Enum("new", "paid", name="order_status"),
            new_column_name="state",
            new_enum_name="order_state",
        )

    Instead of::

        op.execute("ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled'")
        op.execute("ALTER TYPE order_status RENAME TO order_state")
        op.alter_column("orders", "status", new_column_name="state")

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

def reindex_concurrently(
    index_name: str | None = None,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    mode: Literal["inline", "background"] = "inline",
    window: str | None = None,
    approve: bool = False,
) -> None:
    """Rebuild one index, or all of a table, without blocking reads or writes.

    Invalid indexes of an interrupted REINDEX are dropped.  Each run rebuilds the
    indexes again.  The reverse does nothing.

    Args:
        index_name: the index; None for all indexes of the table.
        table_name: the table; needed when no index is named.
        schema: the schema of the index and the table, default: by search_path.
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            ``alembic-zdt work``.
        window: with ``mode="background"``, begin only at these hours, for example
            ``"22:00-05:00 Europe/Berlin"``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.

    Raises:
        UndefinedObjectError: no such index or table.
        WrongObjectTypeError: the relation is neither a table nor a materialized view.
        UsageError: neither was named.
        LockNotAvailableError: an old transaction did not end in time.

    Example::

        op.reindex_concurrently("ix_orders_user_id")

    Instead of::

        op.execute("REINDEX INDEX ix_orders_user_id")

    https://www.postgresql.org/docs/current/sql-reindex.html
    """

def remove_enum_value(
    table_name: str,
    column_name: str,
    value: str,
    *,
    existing_type: Enum,
    replacement: str | None = None,
    schema: str | None = None,
) -> None:
    """Remove a value from the enum type of a column.

    Run it when no code writes the value any more.  Rows are converted in short batches,
    and each step that blocks reads or writes needs its lock only for milliseconds.

    Args:
        table_name: the table.
        column_name: the only column that has the type.
        value: the value to remove.
        existing_type: the type of the column, with all its values in their order.
        replacement: the new value of rows that have the value; without it, no row
            may have the value.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: the table, the column or the value does not exist.
        WrongObjectTypeError: the relation is not a table, but a view, for example; or
            the column has another type.
        GateClosedError: sessions of old code are connected.
        UsageError: the type has other values, rows have the value, or an object
            that depends on the column makes the server refuse the type.
        DependentObjectsError: another object uses the type, or would be lost with
            the column; all of them are listed.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.remove_enum_value(
            "orders",
            "status",
            "paid",
            existing_type=sa.Enum("new", "paid", name="order_status"),
            replacement="new",
        )

    Instead of::

        op.execute("ALTER TYPE order_status RENAME TO order_status_old")
        op.execute("CREATE TYPE order_status AS ENUM ('new')")
        op.execute(
            "ALTER TABLE orders ALTER status TYPE order_status"
            " USING replace(status::text, 'paid', 'new')::order_status"
        )
        op.execute("DROP TYPE order_status_old")

    https://www.postgresql.org/docs/current/datatype-enum.html
    """

def rename_constraint_safely(
    constraint_name: str,
    table_name: str,
    new_constraint_name: str,
    *,
    schema: str | None = None,
) -> None:
    """Give a constraint another name, and its index with it.

    If the constraint has the new name already, the step is skipped.

    Args:
        constraint_name: the constraint.
        table_name: its table.
        new_constraint_name: its new name.
        schema: the table's schema, default: by search_path.

    Raises:
        UndefinedObjectError: no such table or constraint.
        DuplicateObjectError: something else has the new name.
        DependentObjectsError: an open window needs the constraint.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.rename_constraint_safely("uq_users_mail", "users", "uq_users_email")

    Instead of::

        op.execute(
            "ALTER TABLE users RENAME CONSTRAINT uq_users_mail TO uq_users_email"
        )

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def rename_index_safely(
    index_name: str,
    new_index_name: str,
    *,
    schema: str | None = None,
) -> None:
    """Give an index another name.

    If the index has the new name already, the step is skipped.

    Args:
        index_name: the index.
        new_index_name: its new name.
        schema: the index's schema, default: by search_path.

    Raises:
        UndefinedObjectError: there is no such index.
        WrongObjectTypeError: the name belongs to a table or another relation.
        DuplicateObjectError: something else has the new name.
        DependentObjectsError: an open window needs the index.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.rename_index_safely("ix_users_mail", "ix_users_email")

    Instead of::

        op.execute("ALTER INDEX ix_users_mail RENAME TO ix_users_email")

    https://www.postgresql.org/docs/current/sql-alterindex.html
    """

def replace_index_concurrently(
    index_name: str | None,
    table_name: str,
    columns: Sequence[str | TextClause | ColumnElement[Any]],
    *,
    schema: str | None = None,
    unique: bool = False,
    postgresql_include: Sequence[str] | None = None,
    postgresql_nulls_not_distinct: bool | None = None,
    postgresql_ops: Mapping[str, str] | None = None,
    postgresql_tablespace: str | None = None,
    postgresql_using: str | None = None,
    postgresql_where: str | ColumnElement[bool] | TextClause | None = None,
    postgresql_with: Mapping[str, str | float] | None = None,
    postgresql_concurrently: bool = True,
    mode: Literal["inline", "background"] = "inline",
    window: str | None = None,
    approve: bool = False,
) -> None:
    """Change the definition of an index, so that queries always have one.

    If the index has that definition already, no index is built.  If there is no
    index of that name, it is built.  The new index keeps the comment, the
    tablespace, the CLUSTER mark, the replica identity, and the statistics targets
    of the same expressions.

    Args:
        index_name: the index, which keeps its name.
        table_name: the table, not a partitioned one.
        columns: the new column names, ``sa.text()`` or SQL expressions.
        schema: the table's schema, default: by search_path.
        unique: whether the new one is unique.
        postgresql_include: columns that the index stores in addition to its key.
        postgresql_nulls_not_distinct: whether NULLs count as equal (15+).
        postgresql_ops: operator classes, by column name or label.
        postgresql_tablespace: its tablespace.
        postgresql_using: its access method, such as ``gin``; default: ``btree``.
        postgresql_where: the condition of a partial index.
        postgresql_with: storage parameters, such as ``{"fillfactor": 70}``.
        postgresql_concurrently: no effect, accepted as an argument of
            ``create_index()``.
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            ``alembic-zdt work``.
        window: with ``mode="background"``, begin only at these hours, for example
            ``"22:00-05:00 Europe/Berlin"``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.

    Raises:
        UndefinedObjectError: no such table or column.
        WrongObjectTypeError: the relation is neither a table nor a materialized
            view.
        DuplicateObjectError: the temporary name of the new index is taken.
        UsageError: an option or the columns are not valid.
        DuplicateKeysError: the new index is unique, and there are duplicates.
        DependentObjectsError: a constraint, the index of a partitioned table or an
            open window needs the old index.
        PreconditionError: the table is partitioned, or the new index cannot be
            the replica identity or have the CLUSTER mark that the old one has.
        LockNotAvailableError: an old transaction did not end in time.

    Example::

        op.replace_index_concurrently(
            "ix_orders_user_id", "orders", ["user_id", "created_at"]
        )

    Instead of::

        op.drop_index("ix_orders_user_id", "orders")
        op.create_index(
            "ix_orders_user_id", "orders", ["user_id", "created_at"]
        )

    https://www.postgresql.org/docs/current/sql-alterindex.html
    """

def validate_constraint(
    constraint_name: str,
    table_name: str,
    *,
    schema: str | None = None,
    mode: Literal["inline", "background"] = "inline",
    window: str | None = None,
    approve: bool = False,
) -> None:
    """Validate a NOT VALID constraint without blocking reads or writes.

    This is the second phase of a constraint, for teams that use two revisions.
    If the constraint is valid already, the step is skipped.  The reverse is the
    same call, which is skipped because the constraint stays valid.

    Args:
        constraint_name: a CHECK, FOREIGN KEY or (18+) NOT NULL constraint.
        table_name: its table.
        schema: the table's schema, default: by search_path.
        mode: ``"inline"`` runs it in the revision; ``"background"`` leaves it to
            ``alembic-zdt work``.
        window: with ``mode="background"``, begin only at these hours, for example
            ``"22:00-05:00 Europe/Berlin"``.
        approve: with ``mode="background"``, wait for ``alembic-zdt queue approve``.

    Raises:
        UndefinedObjectError: no such table or constraint.
        CheckViolationError: rows violate a CHECK.
        ForeignKeyViolationError: rows refer to rows that do not exist.
        NullValuesRemainError: rows hold NULL.
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.

    Example::

        op.validate_constraint("fk_orders_user_id", "orders")

    Instead of::

        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user_id")

    https://www.postgresql.org/docs/current/sql-altertable.html
    """

def irreversible(
    reason: str,
) -> NoReturn:
    """Stop a downgrade before it undoes anything of the revision.

    Args:
        reason: the data that would be lost.

    Raises:
        IrreversibleOperationError: always.
        UsageError: no reason is given.

    Example::

        op.irreversible("the old prices are gone")

    https://alembic.sqlalchemy.org/en/latest/tutorial.html#downgrading
    """

def safety_assured(
    reason: str,
) -> AbstractContextManager[None]:
    """Mark the operations of a ``with`` block as safe, so that no check stops them.

    Operations after the block are checked as usual.

    Args:
        reason: why they are safe; it is kept in the log of revisions.

    Raises:
        UsageError: no reason is given.

    Example::

        with op.safety_assured("no code has read it since March"):
            op.drop_column("users", "fax")

    https://www.postgresql.org/docs/current/explicit-locking.html
    """
