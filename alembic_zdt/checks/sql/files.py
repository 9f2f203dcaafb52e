"""Files of SQL, as revisions that somebody else runs.

https://www.postgresql.org/docs/current/sql-begin.html
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic_zdt.checks.recording.call import AUTOCOMMIT, Call, RecordedRevision
from alembic_zdt.checks.sql.acts import ControlTransaction
from alembic_zdt.checks.sql.parsing import UnreadableError, texts
from alembic_zdt.checks.sql.statements import read


@dataclass(frozen=True)
class SqlFile:
    """What stands for Alembic's script.

    Attributes:
        path: of the file.
        revision: empty, as it has none.
    """

    path: str
    revision: str = ""


def recorded_file(path: Path) -> RecordedRevision:
    """What a file does; each statement alone is a transaction, if it begins none."""
    found = RecordedRevision(SqlFile(str(path)))
    try:
        statements = list(texts(path.read_text(encoding="utf-8")))
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
    """The word of a statement that begins or ends one."""
    acts, _reasons = read(statement)
    return next((a.words for a in acts if isinstance(a, ControlTransaction)), "")
