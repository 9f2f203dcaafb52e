"""A role that may create objects in the schema of the tables."""

from __future__ import annotations

import pytest

from tests.support.roles import role, session_of


@pytest.fixture
def stranger(db):
    """A session of a role that owns nothing, in the test's schema."""
    with role(db, "stranger") as name, session_of(db, name) as session:
        session.name = name
        yield session
