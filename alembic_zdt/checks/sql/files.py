"""Record files of SQL as if they were revisions.

https://www.postgresql.org/docs/current/sql-begin.html
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic_zdt.checks.sql.effects import ControlTransaction
from alembic_zdt.checks.sql.parsing import UnreadableError, text_of_file, texts
from alembic_zdt.checks.sql.statements import read
from alembic_zdt.recording.call import AUTOCOMMIT, Call, RecordedRevision


@dataclass(frozen=True)
class SqlFile:
    """A file of SQL, which takes the place of Alembic's script.

    Attributes:
        path: the path of the file.
        revision: always empty, because a file of SQL has no revision.
    """

    path: str
    revision: str = ""


def recorded_file(path: Path) -> RecordedRevision:
    """Record a file, with each statement outside of BEGIN as its own transaction."""
    found = RecordedRevision(SqlFile(str(path)))
    try:
        statements = list(texts(text_of_file(path)))
    except (UnreadableError, UnicodeDecodeError) as error:
        found.error = str(error)
        return found
    begun, number = False, 1
    for statement, line in statements:
        verb = _transaction(statement)
        if verb:
            begun, number = verb in {"BEGIN", "START"}, number + 1
        call = Call(None, AUTOCOMMIT if verb else number, str(path), line, [statement])
        found.calls.append(call)
        if not begun and not verb:
            call.transaction, number = AUTOCOMMIT, number + 1
    return found


def _transaction(statement: str) -> str:
    """Return the keyword of a statement that begins or ends a transaction, if any."""
    acts, _reasons = read(statement)
    return next((a.description for a in acts if isinstance(a, ControlTransaction)), "")
