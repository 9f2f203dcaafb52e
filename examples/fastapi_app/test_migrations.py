"""Tests of the revisions with rows, for the test kit."""

from __future__ import annotations

import pytest
import sqlalchemy as sa


def test_address_is_required(zdt_database, zdt_rows, zdt_upgrade):
    zdt_rows("0002", "users", [{"id": 1, "email": "ada@example.org"}])

    zdt_upgrade("0002")

    engine = sa.create_engine(zdt_database.url, poolclass=sa.NullPool)
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(sa.text("INSERT INTO users (id) VALUES (2)"))
