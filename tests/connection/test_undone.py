"""What is undone ends with the body, and not the transaction around it."""

from __future__ import annotations

from sqlalchemy import NullPool, create_engine

from alembic_zdt.connection.database import Database
from alembic_zdt.connection.session import is_in_transaction
from alembic_zdt.connection.undone import undone


def test_transaction_that_was_sent_as_text_goes_on(db):
    engine = create_engine(db.url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        database = Database(connection)
        database.execute("BEGIN")
        database.execute("CREATE TABLE kept ()")
        with undone(database):
            database.execute("CREATE TABLE gone ()")
        assert is_in_transaction(connection)
        database.execute("COMMIT")

    assert (db.exists("kept"), db.exists("gone")) == (True, False)
