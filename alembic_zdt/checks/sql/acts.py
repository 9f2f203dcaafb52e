"""What SQL can do and Alembic has no operation for."""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.names import QualifiedName


@dataclass(frozen=True)
class TableAct:
    """Something that is done to a table.

    Attributes:
        table: the table.
        words: what is done, in SQL's words.
    """

    table: QualifiedName
    words: str


@dataclass(frozen=True)
class RewriteTable(TableAct):
    """The table is written anew: VACUUM FULL, CLUSTER, SET LOGGED and the like."""


@dataclass(frozen=True)
class Reindex(TableAct):
    """REINDEX without CONCURRENTLY; the name may be that of an index."""


@dataclass(frozen=True)
class ChangeRows(TableAct):
    """UPDATE, DELETE, or an INSERT of what a query finds."""


@dataclass(frozen=True)
class TruncateTable(TableAct):
    """TRUNCATE."""


@dataclass(frozen=True)
class LockTable(TableAct):
    """LOCK TABLE."""


@dataclass(frozen=True)
class CreatePartition(TableAct):
    """CREATE TABLE ... PARTITION OF the table."""


@dataclass(frozen=True)
class DetachPartition(TableAct):
    """DETACH PARTITION from the table, without CONCURRENTLY."""


@dataclass(frozen=True)
class ShortChange(TableAct):
    """ALTER TABLE that takes a lock for a moment, and reads nothing."""


@dataclass(frozen=True)
class ControlTransaction:
    """BEGIN, COMMIT, ROLLBACK.

    Attributes:
        words: which.
    """

    words: str


@dataclass(frozen=True)
class NoHarm:
    """A statement that takes no lock of which the application could know.

    Attributes:
        words: which.
    """

    words: str
