"""What the generated tests of the migrations start with."""

from __future__ import annotations

import sqlalchemy as sa


def pytest_zdt_template(url: str) -> None:
    """Prepare the database that all others are copies of."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA audit"))


def pytest_zdt_rows(revision: str) -> object:
    """Return the rows to insert before a revision runs."""
    if revision == "0002":
        return {"users": [{"id": 1, "email": "ada@example.org"}]}
    return None
