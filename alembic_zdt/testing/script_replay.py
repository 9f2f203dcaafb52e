"""The script of a revision, and its run in a database.

https://alembic.sqlalchemy.org/en/latest/offline.html
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.sql_tokens import tokens


def run_script(connection: Connection, script: str) -> None:
    """Run a script as a client does that sends one statement at a time."""
    database = Database(connection)
    for statement in statements(script):
        database.execute(statement)


def statements(script: str) -> Iterator[str]:
    """Split a script at the semicolons outside of strings, names and comments."""
    text, is_empty = "", True
    for token in tokens(script):
        if token.text == ";":
            if not is_empty:
                yield text.strip()
            text, is_empty = "", True
        else:
            text += token.whole
            is_empty = is_empty and not token.text
    if not is_empty:
        yield text.strip()
