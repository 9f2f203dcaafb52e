"""A round: two versions of an application live through a release, and perhaps back."""

from __future__ import annotations

import contextlib
import io
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from tests.operations.test_server_settings import by_default
from tests.stress.applications import Application, Ledger
from tests.stress.commands import Commands
from tests.stress.judging import FaultError, judge, judge_waits, new_ledger
from tests.stress.plans import Plan
from tests.support.db import Db
from tests.support.forking import Forker
from tests.support.interruption import Interruption, watching
from tests.support.project import Project
from tests.support.roles import PASSWORD, role
from tools.postgres import Server

PHASES = ("expand", "migrate", "contract")
BOTH = ("old", "new")
ANY = "zdt.allow_same_run=true"


class Round:
    """What a seed chooses, in a database of its own.

    Args:
        plan: the choices.
        server: a server of the plan's version.
        folder: an empty directory.
        forkers: start commands, by their module.
    """

    _tries = 2

    def __init__(
        self,
        plan: Plan,
        server: Server,
        folder: Path,
        forkers: Mapping[str, Forker] | None = None,
    ) -> None:
        self.plan = plan
        self.ledger: Ledger = new_ledger(plan)
        self._random = Random(plan.seed + 1)  # noqa: S311  # no secret
        self._server = server
        self._folder = folder
        self._forkers = forkers
        self._running: list[Application] = []
        self._began = time.monotonic()
        self.commands: Commands | None = None

    def run(self) -> None:
        """Run it.

        Raises:
            FaultError: something is wrong.
        """
        with self._database() as db, role(db, "app") as app:
            self._app = app
            self._db = db
            with contextlib.redirect_stdout(io.StringIO()):  # what init says
                self._project = Project(
                    self._folder, db, self.plan.driver, self._forkers
                )
            try:
                self._prepare()
                with by_default(db, self.plan.settings, of_role=self.plan.of_role):
                    self._release()
                self._end()
            finally:
                self._stop(*self._running)
                self._project.close()

    def __str__(self) -> str:
        """Say how it went in a line."""
        luck = ", ".join(self.commands.happened) if self.commands else ""
        count = self.commands.count if self.commands else 0
        return (
            f"{count} runs, interrupted: {luck or 'never'};"
            f" {sum(self.ledger.statements.values())} writes, longest wait"
            f" {self.ledger.longest[0]:.2f} s; {time.monotonic() - self._began:.1f} s"
        )

    # -- before it begins

    @contextlib.contextmanager
    def _database(self) -> Iterator[Db]:
        name = f"zdt_stress_{secrets.token_hex(4)}"
        schema = f"s_{secrets.token_hex(4)}"
        with psycopg.connect(self._server.dsn(), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
            db = Db(self._server, name, schema)
            try:
                db.execute(f"CREATE SCHEMA {schema}")
                db.execute(f"ALTER DATABASE {name} SET search_path = {schema}")
                yield db
            finally:
                db.close()
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def _prepare(self) -> None:
        """Write the revisions, and see where an undisturbed run ends."""
        self._contracts: list[str] = []
        self._window = ""
        self._write_revisions()
        self._project.settings(ignore_applications="zdt-test")
        self._project.write(
            self._project.env,
            "from tests.stress import bad_luck\n\nbad_luck.begin()\n"
            + self._project.env.read_text(),
        )
        self._begin_anew()
        seen = Interruption(self._db, lambda *_: False, "before", kills=False)
        with watching(seen):
            self._project.upgrade(x=(ANY,))
        self._wanted = self._db.catalog()
        self._begin_anew()
        self.commands = Commands(
            self._project,
            self._db,
            self._random,
            seen.count,
            [name for each in self.plan.tables for name in each.names if name],
        )

    def _begin_anew(self) -> None:
        schema = self._db.schema
        self._db.execute(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")
        for statement in self.plan.setup(self._app, schema):
            self._db.execute(statement)

    def _write_revisions(self) -> None:
        for number, phase in enumerate(PHASES):
            calls = [(each.up[number], each.down[number]) for each in self._workflows()]
            found = [(up, down) for up, down in calls if up or down]
            if self.plan.is_merged or not found:
                ups = "\n".join(up for up, _ in found if up)
                downs = "\n".join(down for _, down in reversed(found) if down)
                found = [(ups, downs)] if found or phase == "expand" else []
            for place, (up, down) in enumerate(found, start=1):
                name = f"{phase[0]}{place}"
                self._project.revision(
                    name, up or "pass", down or "pass", variables={"zdt_phase": phase}
                )
                if phase == "contract":
                    self._contracts.append(name)
                else:
                    self._window = name

    def _workflows(self) -> Any:
        return self.plan.workflows

    # -- applications

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._server.dsn(self._db.database),
            user=self._app,
            password=PASSWORD,
            application_name=name,
            autocommit=True,
            prepare_threshold=None,
        )

    def _start(self, version: str) -> Application:
        started = Application(
            version,
            self._connect,
            self.plan.tables,
            self.ledger,
            self._random.randrange(2**32),
            self.plan.rows,
        )
        self._running.append(started)
        return started

    def _stop(self, *applications: Application) -> None:
        for each in applications:
            each.stop()
        self._running = [each for each in self._running if each not in applications]

    def _let_write(self) -> None:
        writes = self._random.randint(5, 30)
        for each in self._running:
            each.wait_for(writes)

    def _judge(self, *versions: str) -> None:
        """Compare, with applications that have come to rest."""
        names = [each.version for each in self._running]
        self._stop(*self._running)
        judge(self._db, self.plan, self.ledger, versions)
        for version in names:
            self._start(version)

    # -- the release

    def _release(self) -> None:
        self._start("old")
        self._let_write()
        if self._chance(0.3):
            self._too_early()
        self._before()
        if self._chance(0.35):
            self._back_to_base(before="old")
        self._too_early()
        self._judge("old", "new")
        self._deploy()
        if self.plan.returns and self._chance(0.45):
            self._back_to_the_window()
        self._judge("new")

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _run(self, *arguments: str, module: str = "alembic_zdt") -> None:
        assert self.commands
        self.commands.to_the_end(*arguments, module=module)

    def _before(self) -> None:
        self._run("upgrade", "--before-deploy")

    def _too_early(self) -> None:
        """Run all while old code is connected: the contract must not be run.

        Nor may a run that comes a moment later.
        """
        assert self.commands
        for _ in range(self._tries):
            result = self.commands.run(("upgrade", "head"), "alembic")
            too_early = [each for each in self._contracts if each in self._applied()]
            if too_early or (self._contracts and not result.rc):
                msg = f"contract {too_early} was run under old code:\n{result.output}"
                raise FaultError(msg)
            if result.rc and not self._contracts:
                msg = f"upgrade head ended with {result.rc}:\n{result.output}"
                raise FaultError(msg)

    def _applied(self) -> list[str]:
        current = self._project.current
        names = [path.name.split("_")[0] for path in self._project.scripts()]
        return names[: names.index(current[0]) + 1] if current else []

    def _deploy(self) -> None:
        """Start new code, end old code, contract."""
        self._start("new")
        self._let_write()
        self._judge(*BOTH)
        self._stop(*(each for each in self._running if each.version == "old"))
        self._after()

    def _after(self) -> None:
        self._run("upgrade", "--after-deploy")
        self._let_write()

    def _turn(self, target: str) -> bool:
        """Downgrade; return whether it was left where an interruption has ended it."""
        assert self.commands
        if self._chance(0.5):
            self.commands.interrupted("downgrade", target, module="alembic")
            return True
        self._run("downgrade", target, module="alembic")
        return False

    def _back_to_base(self, before: str) -> None:
        """Give up before new code was deployed, then begin again."""
        self._turn("base")
        self.ledger.forget([each for each in self._fields() if each.old is None])
        self._let_write()
        self._before()

    def _back_to_the_window(self) -> None:
        """Take the contract back, then go on: at once, or by way of old code."""
        self.ledger.forget([each for each in self._fields() if each.new is None])
        if not self._turn(self._window):
            self._start("old")
            self._let_write()
            self._judge(*BOTH)
            if self._chance(0.5):
                self._stop(*(each for each in self._running if each.version == "new"))
                self._back_to_base("old")
                self._deploy()
                return
            self._stop(*(each for each in self._running if each.version == "old"))
        self._stop(*self._running)
        self._start("new")
        self._after()

    def _fields(self) -> Any:
        return [field for table in self.plan.tables for field in table.fields]

    # -- the end

    def _end(self) -> None:
        self._stop(*self._running)
        judge(self._db, self.plan, self.ledger, ("new",))
        judge_waits(self.ledger)
        found = self._db.catalog()
        for part, wanted in self._wanted.items():
            if found[part] != wanted:
                more = set(found[part]) - set(wanted)
                less = set(wanted) - set(found[part])
                msg = f"{part} differ from those of an undisturbed run: {more}, {less}"
                raise FaultError(msg)
