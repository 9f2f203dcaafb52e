"""The commands of a round, each interrupted some times before it may end."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.stress.bad_luck import ADMIN, SIGNALS, VARIABLE
from tests.stress.judging import FaultError
from tests.support.db import Db
from tests.support.project import Project, Result

LIMIT = 120.0
AT_A_CHANGE = (*SIGNALS, "backend")
AT_A_TIME = ("ctrl-c later", "sigterm later", "cancel later", "backend later")
LOCKED = "locked"
HOW = (*AT_A_CHANGE, *AT_A_TIME, LOCKED)
IMPATIENT = (
    "zdt.lock_deadline=600ms",
    "zdt.snapshot_deadline=600ms",
    "zdt.lock_patience=300ms",
)
OURS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <>"
    " pg_backend_pid() AND application_name !~ '^(old|new|zdt)-'"
)


@dataclass
class Commands:
    """Runs commands in processes of their own.

    Attributes:
        project: the project.
        db: who ends backends, and holds locks.
        random: chooses the interruptions.
        changes: how many changes an undisturbed upgrade makes.
        tables: tables to lock.
        happened: the interruptions.
        applications: names of sessions that are none of a command.
        history: what was run, and how it ended.
    """

    project: Project
    db: Db
    random: Random
    changes: int
    tables: Sequence[str]
    happened: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    count: int = 0

    def to_the_end(self, *arguments: str, module: str = "alembic_zdt") -> None:
        """Interrupt a command some times, then let it end.

        Raises:
            FaultError: it did not end, or not well.
        """
        for _ in range(self.random.choices((0, 1, 2, 3), (3, 4, 2, 1))[0]):
            self.interrupted(*arguments, module=module)
        result = self.run(arguments, module)
        if result.rc:
            msg = f"{' '.join(arguments)} ended with {result.rc}:\n{result.output}"
            raise FaultError(msg)

    def run(self, arguments: Sequence[str], module: str) -> Result:
        """Run a command that nothing interrupts."""
        return self._run(arguments, module, "", {}, ())

    def interrupted(self, *arguments: str, module: str = "alembic_zdt") -> None:
        """Run a command and interrupt it, if it lasts so long."""
        how = self.random.choice(HOW)
        at = self.random.randint(1, max(self.changes, 1))
        moment = self.random.choice(("before", "after"))
        seconds = self.random.uniform(0.05, 1.0)
        table = self.random.choice(list(self.tables))
        self.happened.append(how)
        if how in AT_A_CHANGE:
            environment = {VARIABLE: f"{how}:{at}:{moment}"}
            result = self._run(arguments, module, how, environment, ())
        elif how == LOCKED:
            with self._locked(table):
                result = self._run(arguments, module, how, {}, IMPATIENT)
        else:
            result = self._later(arguments, module, how, seconds)
        self._judge(how, module, result)

    def _judge(self, how: str, module: str, result: Result) -> None:
        # Before that the command line ends as Python does, and of stock Alembic the
        # commit of a whole run, too.
        is_ours = module == "alembic_zdt"
        begins = "Context impl" if is_ours else "Running"
        is_commit = not is_ours and "in _commit_impl" in result.output
        if "Traceback" in result.output and begins in result.output and not is_commit:
            msg = f"a traceback after {how}:\n{result.output}"
            raise FaultError(msg)

    def _environment(self) -> dict[str, str]:
        return {
            ADMIN: self.db.server.dsn(self.db.database),
            "ZDT_ALLOW_SAME_RUN": "false",
        }

    def _run(
        self,
        arguments: Sequence[str],
        module: str,
        how: str,
        environment: dict[str, str],
        x: Sequence[str],
    ) -> Result:
        given = self._environment() | environment
        running = self.project.start(*arguments, x=x, module=module, env=given)
        try:
            result = running.wait(LIMIT)
        except subprocess.TimeoutExpired:
            waits = self.db.rows(f"SELECT pid, wait_event, state, query {OURS}")
            running.kill()
            msg = f"{' '.join(arguments)} did not end in {LIMIT:.0f} s: {waits}"
            raise FaultError(msg) from None
        self._note(arguments, how, environment, result)
        return result

    def _note(
        self,
        arguments: Sequence[str],
        how: str,
        environment: dict[str, str],
        result: Result,
    ) -> None:
        self.count += 1
        luck = environment.get(VARIABLE, how)
        self.history.append(
            f"{' '.join(arguments)} [{luck}]: {result.rc},"
            f" now at {self.project.current}\n{result.output}"
        )

    def _later(
        self, arguments: Sequence[str], module: str, how: str, seconds: float
    ) -> Result:
        running = self.project.start(*arguments, module=module, env=self._environment())
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(seconds)
        if how.startswith("ctrl-c"):
            running.interrupt()
        elif how.startswith("sigterm"):
            running.terminate()
        else:
            does = "cancel" if how.startswith("cancel") else "terminate"
            self.db.rows(f"SELECT pg_{does}_backend(pid) {OURS}")
        try:
            result = running.wait(LIMIT)
        except subprocess.TimeoutExpired:
            running.kill()
            msg = f"{' '.join(arguments)} did not end in {LIMIT:.0f} s after {how}"
            raise FaultError(msg) from None
        self._note(arguments, f"{how} {seconds:.2f} s", {}, result)
        return result

    @contextlib.contextmanager
    def _locked(self, table: str) -> Iterator[None]:
        kind = self.db.rows(
            "SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", table
        )
        if not kind:
            yield
            return
        with self.db.holding(f"SELECT count(*) FROM {table}"):
            yield
