"""Fill the column with the new name of an enum value in existing rows.

What can still go wrong: an index or a CHECK constraint whose definition names a value
is refused.  Create it on the new column yourself.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from alembic_zdt.operations.base import directive
from alembic_zdt.workflows.column_type.migrate import MigrateAlterColumnTypeOp
from alembic_zdt.workflows.enum_value.base import RenameEnumValueOp


@directive
class MigrateRenameEnumValueOp(RenameEnumValueOp, MigrateAlterColumnTypeOp):
    """Fill the column with the new name, and prove that every row has it.

    This is the second of three phases.  Rows are filled in short batches, as
    ``op.backfill()`` does.  Then NOT NULL, CHECK constraints, indexes and extended
    statistics of the old column are copied to the new one, without blocking reads
    or writes.

    Raises:
        UndefinedObjectError: the table, the column or the expand is missing.
        UsageError: the server refuses the type for an object that depends on it.
        LockNotAvailableError: rows stay locked.

    https://www.postgresql.org/docs/current/sql-altertype.html
    """

    directive = "migrate_rename_enum_value"
