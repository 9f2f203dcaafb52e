"""The script of a revision, and its run in a database.

https://alembic.sqlalchemy.org/en/latest/offline.html
"""

from __future__ import annotations

from sqlalchemy import Connection

from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal
from alembic_zdt.sql_statements import statements


def run_script(connection: Connection, script: str, search_path: str) -> None:
    """Run a script as a client does that sends one statement at a time.

    Args:
        connection: a connection in autocommit mode.
        script: the script.
        search_path: the setting to begin with.
    """
    database = Database(connection)
    path = f"'search_path', {literal(search_path)}, false"
    database.execute(f"SELECT pg_catalog.set_config({path})")
    for statement in statements(script):
        database.execute(statement)
