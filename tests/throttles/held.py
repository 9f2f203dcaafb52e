"""A backfill that a throttle holds back, and what it logs meanwhile."""

from __future__ import annotations

import threading

from tests.support.waiting import wait_until

MANY = 4000
NAME = "users.email_lower"
LEFT = "SELECT count(*) FROM users WHERE email_lower IS NULL"
_POLLS = (
    "SELECT a.query_start FROM pg_stat_activity a JOIN alembic_zdt_backfill_slice s"
    " ON s.worker_pid = a.pid"
)


class Held:
    """A backfill that runs in a thread, and what it has logged."""

    def __init__(self, users, project, caplog):
        self.users, self.project, self._caplog = users, project, caplog
        self.thread = None

    def start(self, call):
        """Start the upgrade, and wait until it holds or ends."""
        self.project.revision("a1", call)
        self.go_on()

    def go_on(self):
        """Upgrade in a thread, and wait until it holds or ends."""
        self.thread = threading.Thread(target=self.project.upgrade)
        self.thread.start()
        over = lambda: self.waits or not self.thread.is_alive()  # noqa: E731
        wait_until(over, "it waits", timeout=30)

    def said(self, words):
        """Return the lines with these words after the name, without them."""
        start = f"{NAME}: {words}: "
        lines = (record.getMessage() for record in self._caplog.records)
        return [line.removeprefix(start) for line in lines if line.startswith(start)]

    @property
    def waits(self):
        return self.said("waiting")

    @property
    def ends(self):
        return self.said("going on")

    def assert_it_holds(self):
        """Nothing is done while it looks several times, and it is said once."""
        assert self.waits, "it did not wait"
        said, left = len(self.waits), self.users.value(LEFT)
        for _ in range(2):
            then = self.users.value(_POLLS)
            wait_until(lambda then=then: self.users.value(_POLLS) != then, "it looks")
        assert self.users.value(LEFT) == left > 0
        assert len(self.waits) == said
        assert self.ends == []

    def stop(self):
        """End a backfill that a failed test has left."""
        if self.thread is not None and self.thread.is_alive():
            self.users.execute("UPDATE alembic_zdt_backfill SET status = 'cancelled'")
            self.thread.join(60)

    def assert_it_ends(self):
        self.thread.join(60)
        assert self.users.value(LEFT) == 0
