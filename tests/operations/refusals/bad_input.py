"""One bad input: what is written, what is said, and how it is put right."""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.errors import ZdtError
from tests.support.messages import error_page

SHOP = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, name text)",
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int)",
    "CREATE TABLE tags (tag text)",
    "CREATE TYPE mood AS ENUM ('sad', 'happy')",
    "INSERT INTO users SELECT n, 'u' || n, 'n' || n FROM generate_series(1, 100) n",
    "INSERT INTO orders SELECT n, n, n FROM generate_series(1, 100) n",
)
EVENTS = (
    "CREATE TABLE events (id int NOT NULL, body text) PARTITION BY RANGE (id)",
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (500)",
    "INSERT INTO events SELECT n, 'b' FROM generate_series(1, 100) n",
)


@dataclass(frozen=True)
class BadInput:
    """A call that must fail, with all that it says.

    Attributes:
        id: for pytest.
        call: what the revision runs.
        error: its class.
        primary: the first line; ``<schema>`` stands for the test's schema.
        detail: the fact.
        hint: what to do.
        setup: after the shop has been made.
        cure: statements after which the same call works.
        instead: the corrected call, when it was the call that was wrong.
    """

    id: str
    call: str
    error: type[ZdtError]
    primary: str
    detail: str
    hint: str
    setup: tuple[str, ...] = ()
    cure: tuple[str, ...] = ()
    instead: str = ""

    def message(self, schema: str) -> str:
        """The whole text."""
        parts = (
            self.primary,
            f"detail: {self.detail}",
            f"hint: {self.hint}",
            f"docs: {error_page(self.error.anchor)}",
        )
        return "\n".join(parts).replace("<schema>", schema)
