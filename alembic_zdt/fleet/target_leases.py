"""The leases of targets.

A target belongs to the worker that has leased it, until the worker has ended the lease
or does not renew it any more.  Then another worker may lease the target.
"""

from __future__ import annotations

from alembic_zdt.backfill.journal import transaction
from alembic_zdt.fleet.fleet_run import FAILED
from alembic_zdt.fleet.held_targets import END_OF_LEASE, is_held
from alembic_zdt.fleet.run_tables import RunTables
from alembic_zdt.names import literal
from alembic_zdt.qualified import qualified

_LOCK = int.from_bytes(b"zdl", "big")


class TargetLeases:
    """The leases of one worker in one run.

    Args:
        tables: the tables of all runs.
        run_id: the run.
        worker: the name of the worker.
    """

    def __init__(self, tables: RunTables, run_id: str, worker: str) -> None:
        self._database = tables.database
        self._runs, self._rows = tables.runs, tables.rows
        self._run, self._worker = literal(run_id), literal(worker)

    def lease(self, name: str = "") -> str | None:
        """Lease a free target, and return its name, None if none is free.

        Args:
            name: the target; empty for the next one that may begin.
        """
        with transaction(self._database):
            # Leases are counted for each server, so two must not be made at once.
            self._database.rows(f"SELECT pg_catalog.pg_advisory_xact_lock({_LOCK})")
            locked = self._database.rows(
                "SELECT (options ->> 'per_server')::int, is_past_canaries"
                f" FROM {self._runs} WHERE id = {self._run} AND status = 'running'"
                " AND failures < (options ->> 'max_failures')::int"
            )
            found = None
            if locked:
                per_server, is_past = locked[0]
                wanted = f"t.name = {literal(name)}" if name else "true"
                which = "true" if is_past else "t.is_canary"
                found = self._database.value(
                    self._leasing(f"{wanted} AND {which}", per_server)
                )
        return None if found is None else str(found)

    def _leasing(self, condition: str, per_server: int) -> str:
        # Of any run: two runs must not work on one target, nor exceed the limit.
        held = f"FROM {self._rows} o WHERE {is_held('o.')}"
        busy = f"SELECT o.server {held} GROUP BY o.server HAVING count(*) >= "
        is_free = (
            f"(t.status = 'waiting' OR t.status = 'running' AND NOT {is_held('t.')})"
        )
        return (
            f"UPDATE {self._rows} SET status = 'running', worker = {self._worker},"
            " worker_pid = pg_catalog.pg_backend_pid(), error = NULL,"
            f" leased_until = {END_OF_LEASE}, finished_at = NULL,"
            " started_at = pg_catalog.clock_timestamp()"
            f" WHERE run = {self._run} AND name = (SELECT t.name FROM {self._rows} t"
            f" WHERE t.run = {self._run} AND t.is_chosen AND {condition} AND {is_free}"
            f" AND t.name <> ALL (ARRAY(SELECT o.name {held}))"
            f" AND t.server <> ALL (ARRAY({busy}{per_server}))"
            " ORDER BY t.number LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING name"
        )

    def renew(self, name: str, step: str) -> bool:
        """Renew the lease of a target over this session, and note the step that runs.

        Args:
            name: the target.
            step: the step.

        Returns:
            Whether this worker still has the target.
        """
        return self._update(
            name,
            f"step = {literal(step)}, leased_until = {END_OF_LEASE},"
            " worker_pid = pg_catalog.pg_backend_pid()",
        )

    def finish(self, name: str, status: str, error: str = "") -> bool:
        """End the lease of a target, and return whether this worker had it.

        Args:
            name: the target.
            status: ``done``, ``failed``, or ``waiting`` if it is to be run again.
            error: the error that ended it.
        """
        was_ours = self._update(
            name,
            f"status = {literal(status)}, error = {literal(error)}, step = NULL,"
            " worker_pid = NULL, leased_until = NULL,"
            " finished_at = pg_catalog.clock_timestamp()",
        )
        if was_ours and status == FAILED:
            counting = f"UPDATE {self._runs} SET failures = failures + 1 WHERE id = "
            self._database.execute(qualified(f"{counting}{self._run}"))
        return was_ours

    def _update(self, name: str, changes: str) -> bool:
        """Change the row of a target, and return whether this worker has its lease."""
        updating = (
            f"UPDATE {self._rows} SET {changes} WHERE run = {self._run}"
            f" AND name = {literal(name)} AND worker = {self._worker}"
            " AND status = 'running' RETURNING true"
        )
        return self._database.value(updating) is True
