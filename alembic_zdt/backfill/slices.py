"""The slices of a backfill: parts of its tables, each leased by one worker.

A slice belongs to the worker that has leased it.  The lease ends with its time or with
the worker's session, whichever comes first.  Then another worker may lease the slice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.backfill.journal import Place, transaction
from alembic_zdt.connection.database import Database
from alembic_zdt.names import literal
from alembic_zdt.qualified import qualified

LEASE = "interval '1 minute'"
# The proof is one statement, which cannot renew its lease.
_LEASE_OF_PROOF = "interval '1 day'"
_LENGTH_OF_LEASE = f"CASE WHEN kind = 'proof' THEN {_LEASE_OF_PROOF} ELSE {LEASE} END"
END_OF_LEASE = f"pg_catalog.clock_timestamp() + {_LENGTH_OF_LEASE}"
"""SQL for the end of a lease that begins or is renewed now."""

_USUAL_BYTES_OF_A_ROW = 100

# A worker whose session is gone will not come back, however long its lease.  After a
# restart another session may have its pid, and has begun after the lease.  A worker
# that was suspended after its proof is idle for longer than a lease.
_IS_FREE = (
    "(s.worker IS NULL OR s.leased_until < pg_catalog.clock_timestamp()"
    " OR NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
    " WHERE a.pid = s.worker_pid AND a.datname = pg_catalog.current_database()"
    " AND coalesce(a.backend_start, pg_catalog.pg_postmaster_start_time())"
    f" <= s.leased_until - {_LENGTH_OF_LEASE}"
    " AND coalesce(a.state = 'active' OR a.state_change >"
    f" pg_catalog.clock_timestamp() - {LEASE}, true)))"
)


@dataclass(frozen=True)
class NewSlice:
    """A part of a table whose rows are to be changed.

    Attributes:
        kind: ``pages``, ``keys``, or ``proof`` that nothing is left.
        relation: oid of the table, or of one of its partitions.
        first_page: the first page of ``pages``.
        last_page: the first page after the last page of ``pages``.
    """

    kind: str
    relation: int
    first_page: int = 0
    last_page: int = 0


@dataclass(frozen=True)
class Slice:
    """A slice that this worker has leased."""

    backfill: str
    number: int
    round: int
    kind: str
    relation: int
    first_page: int
    last_page: int
    cursor: Any


class Slices:
    """The table of the slices.

    Args:
        database: a connection in autocommit mode.
        place: the place of the journal.
    """

    def __init__(self, database: Database, place: Place) -> None:
        self.database = database
        self.table = place.slices.sql
        self._backfills = place.backfills.sql

    def begin_round(self, name: str, after: int, slices: Sequence[NewSlice]) -> bool:
        """Add the slices of the round that follows *after*.

        Returns:
            Whether this worker began the round; another worker may have been faster.
        """
        with transaction(self.database):
            mine = self.database.value(
                f"UPDATE {self._backfills} SET round = round + 1, updated_at = now()"
                f" WHERE name = {literal(name)} AND round = {after} RETURNING true"
            )
            if mine:
                self._add(name, after + 1, slices)
            return mine is True

    def add(self, name: str, round_: int, new: NewSlice) -> None:
        """Add one slice to a round, unless one of its kind is open."""
        with transaction(self.database):
            locking = f"SELECT FROM {self._backfills} WHERE name = {literal(name)}"
            self.database.execute(qualified(f"{locking} FOR UPDATE"))
            if not self.database.holds(
                f"EXISTS (SELECT FROM {self.table} WHERE backfill = {literal(name)}"
                f" AND round = {round_} AND kind = {literal(new.kind)} AND NOT is_done)"
            ):
                self._add(name, round_, (new,))

    def _add(self, name: str, round_: int, slices: Sequence[NewSlice]) -> None:
        if not slices:
            return
        rows = ", ".join(
            f"({number}, {literal(new.kind)}, {new.relation}::oid,"
            f" {new.first_page}, {new.last_page})"
            for number, new in enumerate(slices, 1)
        )
        adding = (
            f"INSERT INTO {self.table} (backfill, round, number, kind, relation,"
            f" first_page, last_page) SELECT {literal(name)}, {round_},"
            f" n.number + (SELECT coalesce(max(number), 0) FROM {self.table}"
            f" WHERE backfill = {literal(name)}), n.kind, n.relation, n.first_page,"
            f" n.last_page FROM (VALUES {rows}) AS n"
            " (number, kind, relation, first_page, last_page)"
        )
        self.database.execute(qualified(adding))

    def lease(self, name: str, fingerprint: str, worker: str) -> Slice | None:
        """Lease the next free slice to *worker*, or return None if no slice is free.

        Args:
            name: the name of the backfill.
            fingerprint: the fingerprint of the worker's definition; the backfill may
                have been begun again with another expression since the worker read it.
            worker: the name of the worker.
        """
        rows = self.database.rows(
            f"UPDATE {self.table} SET worker = {literal(worker)},"
            " worker_pid = pg_catalog.pg_backend_pid(),"
            f" leased_until = {END_OF_LEASE}"
            f" WHERE (backfill, number) = ANY (SELECT backfill, number"
            f" FROM {self.table} s JOIN {self._backfills} b ON b.name = s.backfill"
            f" WHERE backfill = {literal(name)}"
            f" AND fingerprint = {literal(fingerprint)} AND NOT is_done AND {_IS_FREE}"
            " ORDER BY number LIMIT 1 FOR UPDATE OF s SKIP LOCKED)"
            " RETURNING backfill, number, round, kind, relation::bigint,"
            " first_page, last_page, cursor::text"
        )
        if not rows:
            return None
        fields = (*rows[0][:-1], json.loads(rows[0][-1] or "null"))
        return Slice(*fields)

    def has_open(self, name: str) -> bool:
        """Check whether a slice is left to do, leased or not."""
        return self.database.holds(
            f"EXISTS (SELECT FROM {self.table}"
            f" WHERE backfill = {literal(name)} AND NOT is_done)"
        )

    def renew(self, leased: Slice, worker: str) -> bool:
        """Renew the lease of a slice, and return whether *worker* still had it."""
        kept = self.database.value(
            f"UPDATE {self.table}"
            f" SET leased_until = {END_OF_LEASE}"
            f" WHERE {self.ours(leased, worker)} RETURNING true"
        )
        return kept is True

    def release(self, leased: Slice, worker: str, *, done: bool = False) -> None:
        """End the lease of a slice, and note whether the slice is done."""
        releasing = (
            f"UPDATE {self.table} SET worker = NULL, worker_pid = NULL,"
            " leased_until = NULL,"
            f" is_done = {str(done).lower()} WHERE {self.ours(leased, worker)}"
        )
        self.database.execute(qualified(releasing))

    def left(self, name: str) -> tuple[list[int], int]:
        """Return how many rows were left after each round, the newest round last.

        The second value is the transaction id that was noted with them.
        """
        found = self.database.value(
            f"SELECT cursor::text FROM {self.table} WHERE backfill = {literal(name)}"
            " AND kind = 'proof' AND cursor IS NOT NULL ORDER BY number DESC LIMIT 1"
        )
        noted = json.loads(found) if found else {"left": []}
        return list(noted["left"]), noted.get("horizon", 0)

    def note_left(self, leased: Slice, left: Sequence[int], horizon: int) -> None:
        """Store how many rows were left after each round, with the newest proof.

        Args:
            leased: the newest proof.
            left: the numbers.
            horizon: the transaction id with which the proof began.
        """
        cursor = json.dumps({"left": list(left), "horizon": horizon})
        noting = (
            f"UPDATE {self.table} SET cursor = {literal(cursor)}"
            f" WHERE backfill = {literal(leased.backfill)}"
            f" AND number = {leased.number}"
        )
        self.database.execute(qualified(noting))

    def ours(self, leased: Slice, worker: str) -> str:
        """Return SQL that is true for the row of a slice that *worker* has leased."""
        return (
            f"backfill = {literal(leased.backfill)} AND number = {leased.number}"
            f" AND worker = {literal(worker)}"
        )

    def workers(self, name: str) -> list[tuple[str, int]]:
        """Return the workers that hold a lease now, with the pids of their sessions."""
        rows = self.database.rows(
            f"SELECT DISTINCT worker, worker_pid FROM {self.table} s"
            f" WHERE backfill = {literal(name)} AND NOT is_done AND NOT {_IS_FREE}"
            " ORDER BY 1"
        )
        return [(worker, pid) for worker, pid in rows]

    def worker_pids(self) -> set[int]:
        """Return the pids of the sessions that hold a lease of any backfill."""
        rows = self.database.rows(
            f"SELECT DISTINCT worker_pid FROM {self.table} s"
            f" WHERE worker_pid IS NOT NULL AND NOT is_done AND NOT {_IS_FREE}"
        )
        return {pid for (pid,) in rows}

    def interrupted(self, name: str) -> tuple[str, str] | None:
        """Find the last worker that ended without ending its lease.

        Returns:
            The worker, and when its last batch ended.
        """
        rows = self.database.rows(
            "SELECT worker,"
            f" date_trunc('second', leased_until - {_LENGTH_OF_LEASE})::text"
            f" FROM {self.table} s WHERE backfill = {literal(name)} AND NOT is_done"
            f" AND worker IS NOT NULL AND {_IS_FREE} ORDER BY 2 DESC LIMIT 1"
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def rows_done(self, name: str) -> int:
        """Return the number of rows that were changed so far."""
        found = self.database.value(
            f"SELECT coalesce(sum(rows_done), 0)::bigint FROM {self.table}"
            f" WHERE backfill = {literal(name)}"
        )
        return int(found)

    def progress(self, name: str) -> tuple[int, int]:
        """Return how much of the current round is done, and the size of the round.

        Both are numbers of pages.  In the order of a key they are numbers of rows, and
        the whole is only estimated.
        """
        pages = "s.last_page - s.first_page"
        page = "coalesce((s.cursor->>'page')::bigint, s.first_page) - s.first_page"
        rows = (
            "CASE WHEN c.reltuples > 0 THEN c.reltuples::bigint ELSE"
            " coalesce(pg_catalog.pg_relation_size(c.oid), 0)"
            f" / {_USUAL_BYTES_OF_A_ROW} END"
        )
        found = self.database.rows(
            "SELECT coalesce(sum(CASE WHEN is_done THEN whole ELSE part END), 0)::int8,"
            " coalesce(sum(whole), 0)::bigint FROM (SELECT s.is_done,"
            f" CASE WHEN s.kind = 'pages' THEN {pages}"
            f" ELSE greatest({rows}, s.rows_done) END AS whole,"
            f" CASE WHEN s.kind = 'pages' THEN {page} ELSE s.rows_done END"
            f" AS part FROM {self.table} s JOIN {self._backfills} b"
            " ON b.name = s.backfill AND b.round = s.round"
            " LEFT JOIN pg_catalog.pg_class c ON c.oid = s.relation"
            f" WHERE s.backfill = {literal(name)} AND s.kind <> 'proof') AS slices"
        )
        return int(found[0][0]), int(found[0][1])
