"""Operations of SQL for which Alembic has no class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from alembic_zdt.names import QualifiedName


@dataclass(frozen=True)
class TableAct:
    """An operation on a table.

    Attributes:
        stalls: whether reads or writes of the table wait for it.
        table: the table.
        description: the operation, as SQL names it.
    """

    stalls: ClassVar[bool] = True

    table: QualifiedName
    description: str


@dataclass(frozen=True)
class RewriteTable(TableAct):
    """A rewrite of the table, for example by VACUUM FULL, CLUSTER or SET LOGGED."""


@dataclass(frozen=True)
class Reindex(TableAct):
    """REINDEX without CONCURRENTLY, of a table or an index."""


@dataclass(frozen=True)
class ChangeRows(TableAct):
    """UPDATE, DELETE, MERGE, or an INSERT of the rows of a query.

    Attributes:
        values: the values of an UPDATE that batches can do, each column with its
            expression. Comparisons ignore them.
        where: the condition of the batches, which comparisons ignore, too.
    """

    stalls: ClassVar[bool] = False
    values: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    where: str = field(default="", compare=False)


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
class AttachPartition(TableAct):
    """ATTACH PARTITION to the table, which takes SHARE UPDATE EXCLUSIVE.

    Attributes:
        child: the table that becomes a partition.
    """

    stalls: ClassVar[bool] = False

    child: QualifiedName


@dataclass(frozen=True)
class DetachPartition(TableAct):
    """DETACH PARTITION from the table, without CONCURRENTLY."""


@dataclass(frozen=True)
class ShortChange(TableAct):
    """ALTER TABLE that takes a lock for a moment, and reads nothing."""


@dataclass(frozen=True)
class MoveTable(TableAct):
    """ALTER TABLE or VIEW ... SET SCHEMA, or RENAME of a view."""

    takes_a_name_away: ClassVar[bool] = True


@dataclass(frozen=True)
class AddNotNullNotValid(TableAct):
    """ADD CONSTRAINT ... NOT NULL ... NOT VALID, of PostgreSQL 18.

    Attributes:
        name: the name of the constraint.
        column: the column of the table.
    """

    name: str
    column: str


@dataclass(frozen=True)
class AddKeyUsingIndex(TableAct):
    """ADD PRIMARY KEY USING INDEX.

    Attributes:
        name: the name of the constraint, which the index gets, too.
        index: the existing index.
    """

    name: str
    index: str


@dataclass(frozen=True)
class SetExpression(TableAct):
    """ALTER COLUMN ... SET EXPRESSION.

    Attributes:
        column: the generated column.
    """

    column: str


@dataclass(frozen=True)
class CreateTrigger(TableAct):
    """CREATE TRIGGER.

    Attributes:
        name: the name of the trigger.
    """

    name: str


@dataclass(frozen=True)
class DropTrigger(TableAct):
    """DROP TRIGGER.

    Attributes:
        name: the name of the trigger.
    """

    name: str


@dataclass(frozen=True)
class SwitchTrigger(TableAct):
    """ALTER TABLE ... DISABLE TRIGGER."""


@dataclass(frozen=True)
class AlterPolicy(TableAct):
    """CREATE, ALTER or DROP POLICY, or a switch of row security."""


@dataclass(frozen=True)
class RefreshView(TableAct):
    """REFRESH MATERIALIZED VIEW without CONCURRENTLY."""


@dataclass(frozen=True)
class MakeRelation:
    """CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW.

    Attributes:
        table: the table that is made.
    """

    table: QualifiedName


@dataclass(frozen=True)
class MakeType:
    """CREATE TYPE, CREATE DOMAIN.

    Attributes:
        name: the name of the type.
        has_checks: whether it is a domain with a constraint.
    """

    name: QualifiedName
    has_checks: bool = False


@dataclass(frozen=True)
class AlterDomain:
    """ALTER DOMAIN that makes the domain stricter.

    Attributes:
        name: the name of the domain.
        description: the change, as SQL names it.
        reads: whether it reads each table with a column of the domain.
    """

    name: QualifiedName
    description: str
    reads: bool = True


@dataclass(frozen=True)
class AlterSequenceType:
    """ALTER SEQUENCE ... AS.

    Attributes:
        name: the name of the sequence.
    """

    name: QualifiedName


@dataclass(frozen=True)
class AddEnumValue:
    """ALTER TYPE ... ADD VALUE.

    Attributes:
        name: the name of the type.
        value: the value that the type gets.
        before: the value before which it is added, if the statement names one.
        after: the value after which it is added, if the statement names one.
    """

    name: QualifiedName
    value: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class RenameEnumValue:
    """ALTER TYPE ... RENAME VALUE.

    Attributes:
        name: the name of the type.
        value: the existing value.
        new_value: its new name.
    """

    takes_a_name_away: ClassVar[bool] = True

    name: QualifiedName
    value: str
    new_value: str


@dataclass(frozen=True)
class RenameType:
    """ALTER TYPE or DOMAIN ... RENAME TO, or SET SCHEMA.

    Attributes:
        name: the name of the type.
        new_name: the new name in the same schema, empty if the type moves to another
            schema.
    """

    takes_a_name_away: ClassVar[bool] = True

    name: QualifiedName
    new_name: str = ""


@dataclass(frozen=True)
class RenameSchema:
    """ALTER SCHEMA ... RENAME TO.

    Attributes:
        name: the name that code uses.
    """

    takes_a_name_away: ClassVar[bool] = True

    name: str


@dataclass(frozen=True)
class DropSchema:
    """DROP SCHEMA ... CASCADE, with all that the schema contains.

    Attributes:
        name: the name that code uses.
    """

    takes_a_name_away: ClassVar[bool] = True

    name: str


@dataclass(frozen=True)
class SetTimeout:
    """SET, set_config(), ALTER ROLE or DATABASE ... SET of a timeout.

    Attributes:
        name: the name of the setting.
        milliseconds: the value in milliseconds, 0 for none. None if it is unknown or
            the default.
        description: the way in which it is set.
    """

    name: str
    milliseconds: float | None
    description: str


@dataclass(frozen=True)
class ControlTransaction:
    """BEGIN, COMMIT, ROLLBACK.

    Attributes:
        description: the statement.
    """

    description: str


@dataclass(frozen=True)
class NoHarm:
    """A statement without a lock that the application could notice.

    Attributes:
        description: the statement.
        is_change: whether it changes the database.
    """

    description: str
    is_change: bool = True
