"""Whether two answers of a server are about the same database."""

from __future__ import annotations

import pytest

from alembic_zdt.connection.database import Database
from alembic_zdt.scratch.database_sessions import over
from alembic_zdt.scratch.server_identity import _of, are_same


def test_time_zone_of_the_role_does_not_matter(db):
    def answers(connection):
        database = Database(connection)
        found = []
        for zone in ("Europe/Berlin", "UTC"):
            database.execute(f"SET timezone = '{zone}'")
            found.append(_of(connection))
        return found

    one, other = over(db.url(), answers)

    assert are_same(one, other)
    assert one[2] == db.database


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ((1.5, 16384, "app", None), True),
        ((1.5, 16384, "app", "7"), True),
        ((1.5, 16384, "app", "8"), False),
        ((2.5, 16384, "app", "7"), False),
        ((1.5, 16385, "other", "7"), False),
    ],
)
def test_system_identifier_counts_where_both_roles_may_read_it(other, same):
    assert are_same((1.5, 16384, "app", "7"), other) is same
