"""A project whose revisions queue calls, and the commands for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.db import Db
from tests.support.project import Project, Result

INDEX = "ix_orders_user_id"
NAME = f"create:{INDEX}"
CALL = f'op.create_index_concurrently("{INDEX}", "orders", ["user_id"])'
DROP = f'op.drop_index_concurrently("{INDEX}", "orders")'


def later(call: str, options: str = "") -> str:
    """The call, put into the queue."""
    return f'{call[:-1]}, mode="background"{options})'


def window(begins: int, ends: int) -> str:
    """A window that begins and ends so many hours from now."""
    now = datetime.now(UTC)
    times = (now + timedelta(hours=hours) for hours in (begins, ends))
    return "-".join(f"{time:%H:%M}" for time in times) + " UTC"


class Queued:
    """A project whose revisions queue calls."""

    def __init__(self, db: Db, project: Project) -> None:
        self.db = db
        self.project = project

    def queue(self, *calls: str, downgrade: str = DROP) -> None:
        """Apply a revision with these calls."""
        self.project.revision("a1", "\n".join(calls), downgrade)
        self.project.upgrade()

    def zdt(self, *arguments: str) -> Result:
        """Run ``alembic-zdt queue`` with these arguments."""
        return self.project.cli("queue", *arguments, module="alembic_zdt")

    def work(self, *arguments: str) -> Result:
        """Run ``alembic-zdt work``."""
        return self.project.cli("work", *arguments, module="alembic_zdt")

    def status(self, name: str = NAME) -> str:
        """The status in the table."""
        return str(
            self.db.value("SELECT status FROM alembic_zdt_queue WHERE name = %s", name)
        )

    @property
    def indexes(self) -> set[str]:
        """The valid indexes of both tables, without those of the keys."""
        return set(
            self.db.column(
                "SELECT c.relname FROM pg_index i"
                " JOIN pg_class c ON c.oid = i.indexrelid"
                " WHERE i.indrelid IN ('orders'::regclass, 'users'::regclass)"
                " AND i.indisvalid AND NOT i.indisprimary"
            )
        )
