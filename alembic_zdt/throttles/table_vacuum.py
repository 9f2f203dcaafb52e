"""Hold while autovacuum works on the table.

https://www.postgresql.org/docs/current/routine-vacuuming.html
"""

from __future__ import annotations

from typing import ClassVar

from alembic_zdt.catalog import activity
from alembic_zdt.catalog.activity import Holder, Target
from alembic_zdt.locks import LockMode
from alembic_zdt.throttles.throttle import Moment, Throttle


class WraparoundVacuum(Throttle):
    """The vacuum of a table that prevents transaction wraparound."""

    name: ClassVar[str] = "the vacuum against wraparound"
    every: ClassVar[float] = 10.0

    def look(self, moment: Moment) -> str:
        """Name the vacuum, if there is one."""
        pid = self._database.value(
            "SELECT v.pid FROM pg_catalog.pg_stat_progress_vacuum v"
            " JOIN pg_catalog.pg_stat_activity a ON a.pid = v.pid"
            f" WHERE v.relid = {moment.relation}"
            " AND a.query LIKE 'autovacuum:%wraparound%'"
        )
        return f"autovacuum (pid {pid}) prevents transaction wraparound" if pid else ""


class TableAutovacuum(Throttle):
    """Any other autovacuum of a table or of its TOAST table.

    Every role sees its lock, but only ``pg_read_all_stats`` shows what it does.
    """

    name: ClassVar[str] = "autovacuum"
    every: ClassVar[float] = 2.0

    def look(self, moment: Moment) -> str:
        """Name the vacuum, if there is one."""
        toast = self._database.value(
            "SELECT reltoastrelid::bigint FROM pg_catalog.pg_class"
            f" WHERE oid = {moment.relation}"
        )
        mode = LockMode.SHARE_UPDATE_EXCLUSIVE
        targets = [Target(oid, mode) for oid in (moment.relation, toast) if oid]
        found = activity.holders(self._database, targets)
        pids = [str(holder.pid) for holder in found if _is_plain(holder)]
        return f"autovacuum (pid {', '.join(pids)}) works on the table" if pids else ""


def _is_plain(holder: Holder) -> bool:
    if not holder.is_autovacuum or "wraparound" in holder.query:
        return False
    return holder.is_hidden or "VACUUM" in holder.query
