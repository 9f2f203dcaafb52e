"""A subscriber that keeps what it gets."""

from __future__ import annotations

import pytest

from alembic_zdt import events


class Seen(list):
    """The events of a test, in order."""

    def of(self, kind):
        """Those of one kind."""
        return [event for event in self if type(event) is kind]

    def one(self, kind):
        """The only one of its kind."""
        (event,) = self.of(kind)
        return event

    @property
    def kinds(self):
        """The names of their classes."""
        return [type(event).__name__ for event in self]


@pytest.fixture
def seen():
    found = Seen()
    with events.subscribe(found.append):
        yield found
