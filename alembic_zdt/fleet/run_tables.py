"""The two tables of fleet runs, in the control database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from alembic_zdt.catalog import own_tables
from alembic_zdt.catalog.own_tables import OwnTable
from alembic_zdt.connection.database import Database
from alembic_zdt.fleet.fleet_run import RUNNING, FleetOptions, FleetRun, TargetRow
from alembic_zdt.fleet.held_targets import is_held
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.qualified import qualified
from alembic_zdt.settings import FLEET_TABLES

_ROWS_AT_ONCE = 500
_RUNS = """
  id pg_catalog.text PRIMARY KEY,
  options pg_catalog.json NOT NULL,
  status pg_catalog.text NOT NULL DEFAULT 'running' CHECK
    (status OPERATOR(pg_catalog.=) ANY ('{running,stopped,ended}')),
  reason pg_catalog.text,
  is_past_canaries boolean NOT NULL DEFAULT false,
  failures int NOT NULL DEFAULT 0,
  created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
"""
_TARGETS = """
  run pg_catalog.text NOT NULL REFERENCES {runs} ON DELETE CASCADE,
  number int NOT NULL,
  name pg_catalog.text NOT NULL,
  server pg_catalog.text NOT NULL,
  is_canary boolean NOT NULL,
  is_chosen boolean NOT NULL DEFAULT true,
  is_handed_out boolean NOT NULL DEFAULT false,
  status pg_catalog.text NOT NULL DEFAULT 'waiting' CHECK
    (status OPERATOR(pg_catalog.=) ANY ('{waiting,running,done,failed}')),
  worker pg_catalog.text,
  worker_pid int,
  leased_until pg_catalog.timestamptz,
  started_at pg_catalog.timestamptz,
  finished_at pg_catalog.timestamptz,
  step pg_catalog.text,
  error pg_catalog.text,
  PRIMARY KEY (run, name)
"""


class RunTables:
    """The tables of all runs of a fleet.

    Args:
        database: a connection to the control database, in autocommit mode.

    Attributes:
        runs: the name of the table of runs, quoted.
        rows: the name of the table of targets, quoted.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        runs, targets = map(QualifiedName, FLEET_TABLES)
        columns = _TARGETS.replace("{runs}", runs.sql)
        self._tables = (
            OwnTable(runs, _RUNS),
            OwnTable(targets, columns, " WITH (fillfactor = 50)"),
        )
        self.runs, self.rows = runs.sql, targets.sql

    @property
    def exist(self) -> bool:
        """Check whether the tables exist, which the first run creates."""
        return self.database.holds(self._tables[-1].exists)

    def create(self) -> None:
        """Create the tables, unless they exist.

        Raises:
            ForeignOwnerError: another role owns the tables, or may write them.
        """
        if not self.exist:
            with self.alone():
                for table in self._tables:
                    self.database.execute(table.create())
        self.refuse()

    def refuse(self) -> None:
        """Refuse tables that other roles own or may write.

        Raises:
            ForeignOwnerError: another role owns the tables, or may write them.
        """
        own_tables.refuse(self.database, self._tables)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run the body while no other coordinator prepares a run."""
        self._do(f"SELECT pg_catalog.pg_advisory_lock({_LOCK})")
        try:
            yield
        finally:
            if not self.database.connection.invalidated:
                self._do(f"SELECT pg_catalog.pg_advisory_unlock({_LOCK})")

    # ----------------------------------------------------------------------- runs

    def begin(self, run: FleetRun) -> None:
        """Insert a run, or let one that no command watches go on with other options."""
        options = literal(json.dumps(asdict(run.options)))
        self.database.execute(
            f"INSERT INTO {self.runs} (id, options) VALUES ({literal(run.id)},"
            f" {options}) ON CONFLICT (id) DO UPDATE SET options = EXCLUDED.options,"
            " status = 'running', reason = NULL, failures = 0"
        )

    def add(
        self, run: FleetRun, targets: Sequence[tuple[str, str, bool]], first: int
    ) -> None:
        """Add targets to a run.

        Args:
            run: the run.
            targets: the name and the server of each, and whether it is a canary.
            first: the number of the first one.
        """
        numbered = list(enumerate(targets, first))
        for start in range(0, len(numbered), _ROWS_AT_ONCE):
            rows = ", ".join(
                f"({literal(run.id)}, {number}, {literal(name)}, {literal(server)},"
                f" {str(canary).lower()})"
                for number, (name, server, canary) in numbered[
                    start : start + _ROWS_AT_ONCE
                ]
            )
            self.database.execute(
                f"INSERT INTO {self.rows} (run, number, name, server, is_canary)"
                f" VALUES {rows}"
            )
        if any(canary for _, _, canary in targets):
            self._hold_others(run.id)

    def mark_canaries(self, run_id: str, names: Sequence[str]) -> None:
        """Make canaries of targets that wait in a run without any."""
        marked = self.database.value(
            f"UPDATE {self.rows} SET is_canary = true WHERE run"
            f" OPERATOR(pg_catalog.=) {literal(run_id)} AND status"
            f" OPERATOR(pg_catalog.=) 'waiting' AND {_is_one_of(names)}"
            " RETURNING true",
            as_written=True,
        )
        if marked:
            self._hold_others(run_id)

    def _hold_others(self, run_id: str) -> None:
        self._do(
            f"UPDATE {self.runs} SET is_past_canaries = false"
            f" WHERE id = {literal(run_id)}"
        )

    def watch(self, run_id: str) -> None:
        """Note, until the session ends, that a command watches a run."""
        self._do(
            f"SELECT pg_catalog.pg_advisory_lock_shared({_WATCHED}, {_number(run_id)})"
        )

    @property
    def pid(self) -> int:
        """Return the pid of this session."""
        return int(self.database.value("SELECT pg_catalog.pg_backend_pid()"))

    def begins_judging(self, run_id: str) -> bool:
        """Check whether this session may judge the canaries, and no other one does."""
        return self.database.holds(
            f"pg_catalog.pg_try_advisory_lock({_JUDGED}, {_number(run_id)})"
        )

    def is_watched(self, run_id: str, but: int = 0) -> bool:
        """Check whether another command watches a run.

        Args:
            run_id: the run.
            but: the pid of a session that is not another command.
        """
        return self.database.holds(
            "EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d"
            " ON d.oid = l.database WHERE d.datname = pg_catalog.current_database()"
            f" AND l.locktype = 'advisory' AND l.classid = {_WATCHED}"
            f" AND l.objid = ({_number(run_id)})::pg_catalog.int4::pg_catalog.oid"
            " AND l.objsubid = 2"
            f" AND l.pid NOT IN (pg_catalog.pg_backend_pid(), {but}))"
        )

    def choose(self, run: FleetRun, chosen: Sequence[str], done: Sequence[str]) -> None:
        """Note which targets a command has chosen, and which need nothing any more.

        Args:
            run: the run, as it was before the command.
            chosen: the names of the chosen targets; others of the run are left alone,
                unless another command that watches the run has chosen them, or a job
                engine has them.
            done: the names of those that are not behind.
        """
        which = f" WHERE run OPERATOR(pg_catalog.=) {literal(run.id)}"
        is_out = "is_handed_out" if run.status == RUNNING else "false"
        others = "is_chosen" if self.is_watched(run.id) else f"is_chosen AND {is_out}"
        self.database.execute(
            f"UPDATE {self.rows} SET is_chosen = {others} OR {_is_one_of(chosen)},"
            f" is_handed_out = {is_out}{which}"
        )
        # The worker of one that runs may have died after its last revision.
        lost = self.targets(run.id, f"status = 'running' AND NOT {is_held()}")
        is_free = "status OPERATOR(pg_catalog.<>) 'running'"
        self.database.execute(
            f"UPDATE {self.rows} SET status = 'done', error = NULL{which}"
            f" AND {_is_one_of(done)}"
            f" AND ({is_free} OR {_is_one_of([each.name for each in lost])})"
        )

    def hand_out(self, run_id: str) -> None:
        """Note that a job engine has the chosen targets, until the run stops."""
        self._do(
            f"UPDATE {self.rows} SET is_handed_out = true"
            f" WHERE run = {literal(run_id)} AND is_chosen"
        )

    def forget(self, run_id: str, listed: Sequence[str]) -> None:
        """Delete the targets of a run that are not in the list any more."""
        self.database.execute(
            f"DELETE FROM {self.rows} WHERE run OPERATOR(pg_catalog.=)"
            f" {literal(run_id)} AND status OPERATOR(pg_catalog.<>) 'running'"
            f" AND NOT {_is_one_of(listed)}"
        )

    def run(self, run_id: str) -> FleetRun | None:
        """Return a run, None if there is none of that id."""
        return self._run(f"WHERE id = {literal(run_id)}")

    def newest(self) -> FleetRun | None:
        """Return the run that was begun last, None if there was none."""
        return self._run("ORDER BY created_at DESC, id LIMIT 1")

    def _run(self, which: str) -> FleetRun | None:
        rows = self.database.rows(
            f"SELECT id, options::text, status, coalesce(reason, '')"
            f" FROM {self.runs} {which}"
        )
        if not rows:
            return None
        run_id, options, status, reason = rows[0]
        found: Mapping[str, Any] = json.loads(options)
        options = FleetOptions(**{**found, "heads": tuple(found["heads"])})
        return FleetRun(run_id, options, status, reason)

    def set_status(self, run_id: str, status: str, reason: str = "") -> None:
        """Note that a run was stopped, has ended, or goes on."""
        self._do(
            f"UPDATE {self.runs} SET status = {literal(status)},"
            f" reason = {literal(reason)} WHERE id = {literal(run_id)}"
        )

    def release_others(self, run_id: str) -> None:
        """Let the targets that are no canaries be leased."""
        self._do(
            f"UPDATE {self.runs} SET is_past_canaries = true"
            f" WHERE id = {literal(run_id)}"
        )

    def retry_failed(self, run_id: str, chosen: Sequence[str]) -> None:
        """Let the failed ones of the chosen targets be leased again."""
        self._wait_again(run_id, "failed", chosen)

    def repeat(self, run_id: str, names: Sequence[str]) -> None:
        """Let targets be leased again that are behind although they were done."""
        self._wait_again(run_id, "done", names)

    def _wait_again(self, run_id: str, status: str, names: Sequence[str]) -> None:
        again = f"UPDATE {self.rows} SET status = 'waiting', error = NULL WHERE run"
        self.database.execute(
            f"{again} OPERATOR(pg_catalog.=) {literal(run_id)}"
            f" AND status OPERATOR(pg_catalog.=) {literal(status)}"
            f" AND {_is_one_of(names)}"
        )

    # -------------------------------------------------------------------- targets

    def targets(self, run_id: str, condition: str = "true") -> list[TargetRow]:
        """Return the targets of a run that fulfil an SQL condition, in their order."""
        rows = self.database.rows(
            "SELECT name, is_canary, status, coalesce(worker, ''), coalesce("
            "extract(epoch FROM coalesce(finished_at, pg_catalog.clock_timestamp())"
            " - started_at), 0)::pg_catalog.float8, coalesce(step, ''),"
            " coalesce(error, '')"
            f" FROM {self.rows} WHERE run = {literal(run_id)} AND {condition}"
            " ORDER BY number"
        )
        return [TargetRow(*r) for r in rows]

    def failures(self, run_id: str) -> int:
        """Return how many targets have failed since the run was begun or continued."""
        found = self.database.value(
            f"SELECT failures FROM {self.runs} WHERE id = {literal(run_id)}"
        )
        return int(found or 0)

    def awaits_canaries(self, run_id: str) -> bool:
        """Check whether the canaries of a run are not judged yet."""
        return self.database.holds(
            f"EXISTS (SELECT FROM {self.rows} t JOIN {self.runs} r ON r.id = t.run"
            f" WHERE r.id = {literal(run_id)} AND t.is_canary"
            " AND NOT r.is_past_canaries)"
        )

    def counts(self, run_id: str, *, canaries: bool = False) -> dict[str, int]:
        """Return how many chosen targets, or chosen canaries, have each status."""
        which = " AND is_chosen" + " AND is_canary" * canaries
        rows = self.database.rows(
            f"SELECT status, count(*) FROM {self.rows}"
            f" WHERE run = {literal(run_id)}{which} GROUP BY status"
        )
        return {status: int(count) for status, count in rows}

    def _do(self, statement: str) -> None:
        self.database.execute(qualified(statement))


_LOCK = int.from_bytes(b"zdf", "big")
_WATCHED = int.from_bytes(b"zdw", "big")
_JUDGED = int.from_bytes(b"zdj", "big")


def _number(run_id: str) -> int:
    """Return the id of a run, which has 8 hexadecimal digits, as an ``int4``."""
    return int.from_bytes(bytes.fromhex(run_id), "big", signed=True)


def _is_one_of(names: Sequence[str]) -> str:
    """Return SQL that is true for targets of these names."""
    listed = ", ".join(map(literal, names))
    return f"name OPERATOR(pg_catalog.=) ANY (ARRAY[{listed}]::pg_catalog.text[])"
