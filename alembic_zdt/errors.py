"""Every error this package raises, in one tree.

::

    ZdtError (alembic.util.CommandError)
    ├── UsageError                       called wrongly
    │   ├── SettingError                 unknown or ill-typed setting
    │   ├── UrlError                     no URL of a database, or not a usable one
    │   │   └── CannotConnectError       no answer, or the server refuses the role
    │   ├── IdentifierTooLongError       more than 63 bytes
    │   ├── BatchModeError               inside batch_alter_table()
    │   ├── EndlessBackfillError         a where that its update does not make false
    │   └── ExternalTransactionError     the connection already has a transaction
    ├── PreconditionError                the database is not ready
    │   ├── UndefinedObjectError         no such table, column, index, type
    │   ├── WrongObjectTypeError         a view where a table is needed
    │   ├── DuplicateObjectError         same name, another definition
    │   ├── ForeignOwnerError            another role owns an object of this package
    │   ├── DependentObjectsError        something else needs the object
    │   ├── DataError                    rows that contradict the change
    │   │   ├── NullValuesRemainError
    │   │   ├── DuplicateKeysError
    │   │   ├── CheckViolationError
    │   │   ├── ForeignKeyViolationError
    │   │   ├── RowFailedError           a row that cannot be changed
    │   │   └── RowsRemainError          rows that are not backfilled
    │   ├── BackfillUnfinishedError      a backfill must end first
    │   ├── GateClosedError              a contract comes too early
    │   ├── MigratedMeanwhileError       another process has run the migration
    │   └── OwnProcessBlocksError        a session of this process is the blocker
    ├── LockNotAvailableError            gave up waiting
    ├── StatementTimeoutError            statement_timeout ended a long step
    ├── ConnectionLostError              the backend or the network went away
    ├── StatementFailedError             any other error of the server
    ├── OfflineUnsupportedError          needs a live database
    ├── NotReadyError                    the database is at other revisions
    ├── VerificationError                the database is not at the run's revisions
    ├── UnsupportedServerError           not PostgreSQL, too old, corrupts indexes
    ├── UnsupportedAlembicError          Alembic has changed a name that is needed
    └── RevisionError                    a revision cannot run, or be reversed
        ├── UnsafeOperationError         a check found a harmful operation
        └── IrreversibleOperationError   a downgrade would lose data

A message has up to five parts: one line that names the object, ``detail:`` with the
fact, ``hint:`` with what to run, ``revision:`` with the state of the revision that was
stopped, ``docs:`` with the page that explains it.  Every part can be read without its
line breaks, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from alembic.util import CommandError

from alembic_zdt.documentation import explanation
from alembic_zdt.printable import printable


class ZdtError(CommandError):
    """Base of all errors of this package.

    Alembic's command line prints it as one ``FAILED:`` line and exits with 255.

    Args:
        primary: one line, lower case, no full stop, the object in double quotes.
        detail: the fact behind it, full sentences.
        hint: what to write or to run, full sentences.
        fields: further facts, readable as attributes of the exception.
    """

    anchor: ClassVar[str] = "errors"

    def __init__(
        self, primary: str, *, detail: str = "", hint: str = "", **fields: Any
    ) -> None:
        self.primary = primary
        self.detail = detail
        self.hint = hint
        self.fields = fields
        super().__init__(self.message)

    @property
    def docs(self) -> str:
        """Return the URL of this error's page, or the command that prints the page."""
        return explanation(self.anchor, self.fields.get("check"))

    @property
    def message(self) -> str:
        """Return the whole text, one part a line."""
        # A line break in a value that the server reports would begin a line of its own.
        parts = [printable(self.primary, keep="\t")]
        if self.detail:
            parts.append(printable(f"detail: {self.detail}", keep="\t"))
        parts += [f"hint: {self.hint}"] if self.hint else []
        if stopped := self.fields.get("stopped_revision"):
            parts.append(printable(f"revision: {stopped}", keep="\t"))
        parts.append(f"docs: {self.docs}")
        return printable("\n".join(parts), keep="\n\t")

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self) -> tuple[Callable[..., ZdtError], tuple[Any, ...]]:
        return _rebuild, (
            type(self),
            self.primary,
            self.detail,
            self.hint,
            self.fields,
        )


def _rebuild(
    cls: type[ZdtError], primary: str, detail: str, hint: str, fields: dict[str, Any]
) -> ZdtError:
    return cls(primary, detail=detail, hint=hint, **fields)


class UsageError(ZdtError):
    """A directive, a command or a setting was written wrongly."""

    anchor = "usage"


class SettingError(UsageError):
    """A setting is unknown, or its value cannot be read."""

    anchor = "setting"


class UrlError(UsageError):
    """The URL of the database is missing, or it cannot be used."""

    anchor = "url"


class CannotConnectError(UrlError):
    """The server at the URL does not answer, or it refuses the role."""

    anchor = "cannot-connect"


class IdentifierTooLongError(UsageError):
    """A name has more than the 63 bytes PostgreSQL keeps."""

    anchor = "identifier-too-long"


class BatchModeError(UsageError):
    """A directive was used inside ``batch_alter_table()``."""

    anchor = "batch-mode"


class EndlessBackfillError(UsageError):
    """The ``where`` of a backfill is still true after its update."""

    anchor = "endless-backfill"


class ExternalTransactionError(UsageError):
    """The connection had a transaction before Alembic got it."""

    anchor = "external-transaction"


class PreconditionError(ZdtError):
    """The database is not in the state that the directive needs."""

    anchor = "precondition"


class UndefinedObjectError(PreconditionError):
    """A table, column, index, constraint or type does not exist."""

    anchor = "undefined-object"


class WrongObjectTypeError(PreconditionError):
    """The name belongs to an object of another kind, such as a view."""

    anchor = "wrong-object-type"


class DuplicateObjectError(PreconditionError):
    """An object of that name exists already, with another definition."""

    anchor = "duplicate-object"


class ForeignOwnerError(PreconditionError):
    """An object of this package belongs to another role, or other roles may change it.

    Attributes: ``owner`` (the role).
    """

    anchor = "foreign-owner"


class DependentObjectsError(PreconditionError):
    """Other objects depend on the one to be changed or dropped."""

    anchor = "dependent-objects"


class DataError(PreconditionError):
    """Rows in the table contradict the change."""

    anchor = "data"


class NullValuesRemainError(DataError):
    """The column still holds NULL values."""

    anchor = "null-values-remain"


class DuplicateKeysError(DataError):
    """The columns hold duplicates, so they cannot become unique."""

    anchor = "duplicate-keys"


class CheckViolationError(DataError):
    """Rows violate the new check constraint."""

    anchor = "check-violation"


class ForeignKeyViolationError(DataError):
    """Rows refer to rows that do not exist."""

    anchor = "foreign-key-violation"


class RowFailedError(DataError):
    """The server refuses to change a row, for example because its value is bad."""

    anchor = "row-failed"


class RowsRemainError(DataError):
    """Rows are left that still fulfil the condition of a backfill."""

    anchor = "rows-remain"


class BackfillUnfinishedError(PreconditionError):
    """A backfill has not ended, was paused, or was cancelled."""

    anchor = "backfill-unfinished"


class GateClosedError(PreconditionError):
    """The proof that a contract needs is still missing."""

    anchor = "gate-closed"


class MigratedMeanwhileError(PreconditionError):
    """Another process has run the same migration at the same time."""

    anchor = "migrated-meanwhile"


class OwnProcessBlocksError(PreconditionError):
    """A session of this process is the blocker of the statement."""

    anchor = "own-process"


class LockNotAvailableError(ZdtError):
    """A lock was not granted, or a transaction did not end, before the deadline."""

    anchor = "lock-not-available"


class StatementTimeoutError(ZdtError):
    """``statement_timeout`` ended a step that scans or builds."""

    anchor = "statement-timeout"


class ConnectionLostError(ZdtError):
    """The connection to the server was lost during a step."""

    anchor = "connection-lost"


class StatementFailedError(ZdtError):
    """The server refused a statement for a reason with no class of its own."""

    anchor = "statement-failed"


class OfflineUnsupportedError(ZdtError):
    """The directive needs a live database and ``--sql`` has none."""

    anchor = "offline"


class NotReadyError(ZdtError):
    """The database did not reach the expected revisions before the deadline."""

    anchor = "not-ready"


class VerificationError(ZdtError):
    """After a run, the database is not at the revisions that the run reached."""

    anchor = "verification"


class UnsupportedServerError(ZdtError):
    """The server or the connection is one on which a directive cannot work safely."""

    anchor = "unsupported-server"


class UnsupportedAlembicError(ZdtError):
    """Alembic lacks a private name that the package needs, or has changed it."""

    anchor = "unsupported-alembic"


class RevisionError(ZdtError):
    """A revision cannot be run or reversed as it stands."""

    anchor = "revision"


class UnsafeOperationError(RevisionError):
    """A check has stopped an operation of a revision before it was sent.

    Attributes: ``check`` (its id), ``table``, ``rows`` (estimated), ``file``, ``line``.
    """

    anchor = "unsafe-operation"


class IrreversibleOperationError(RevisionError):
    """Reversing the operation would lose data, or needs facts that are gone."""

    anchor = "irreversible"
