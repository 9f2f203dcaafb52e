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


def test_application_does_not_wait(zdt_upgrade, zdt_locks, zdt_traffic):
    zdt_upgrade("0001")

    with zdt_locks() as seen, zdt_traffic("SELECT email FROM users") as traffic:
        zdt_upgrade("0002")

    assert not seen.blocking
    assert not traffic.errors
