"""A temporary Alembic project whose env.py is the stock template."""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alembic
from alembic import command
from alembic.config import Config

from tests.support.db import Db
from tests.support.forking import Forked, Forker

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = {
    "psycopg": "generic",
    "asyncpg": "async",
    "psycopg2": "generic",
    "pg8000": "generic",
}
HAS_PLUGINS = tuple(map(int, alembic.__version__.split(".")[:2])) >= (1, 18)
# Before 1.18 Alembic loads no plugins, and a revision has to import the directives.
OP = "alembic" if HAS_PLUGINS else "alembic_zdt"

REVISION = '''\
"""{message}"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from {op} import op

revision = {rev_id!r}
down_revision = {down_revision!r}
branch_labels = {branch_labels!r}
depends_on = {depends_on!r}
{variables}

def upgrade():
{upgrade}


def downgrade():
{downgrade}
'''


@dataclass(frozen=True)
class Result:
    """How a subprocess ended."""

    rc: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams."""
        return self.stdout + self.stderr

    def ok(self) -> Result:
        """Return this result after checking that the program succeeded."""
        assert self.rc == 0, f"exit code {self.rc}\n{self.output}"
        return self


class Running:
    """An ``alembic`` command that runs in a process of its own."""

    def __init__(self, popen: subprocess.Popen[str] | Forked) -> None:
        self.popen = popen

    @property
    def pid(self) -> int:
        """Process id of the command."""
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self.popen.poll() is None

    @property
    def said(self) -> str:
        """What it printed; waits for the end."""
        return self.wait().output

    def kill(self) -> Result:
        """End the process at once, as the kernel does when memory is short."""
        self.popen.kill()
        return self.wait()

    def interrupt(self) -> None:
        """Send what Ctrl-C sends."""
        self.popen.send_signal(signal.SIGINT)

    def terminate(self) -> None:
        """Send what a container's end sends."""
        self.popen.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = 60.0) -> Result:
        """Wait for the end."""
        stdout, stderr = self.popen.communicate(timeout=timeout)
        code = self.popen.poll()
        assert code is not None
        return Result(code, stdout, stderr)


class Project:
    """``alembic init``, then revisions chained in the order they are written.

    Args:
        folder: an empty directory.
        db: the test's database; its search_path is the test's schema.
        driver: ``psycopg`` (stock sync env.py) or ``asyncpg`` (stock async env.py).
        forkers: start commands faster than a new interpreter does, by their module.
    """

    def __init__(
        self,
        folder: Path,
        db: Db,
        driver: str = "psycopg",
        forkers: Mapping[str, Forker] | None = None,
    ) -> None:
        self.folder = folder
        self.db = db
        self.driver = driver
        self.ini = folder / "alembic.ini"
        self.env = folder / "migrations" / "env.py"
        self.versions = folder / "migrations" / "versions"
        self.last: str | tuple[str, ...] | None = None
        self._options: dict[str, Any] = {}
        self._clock = 1_000_000_000
        self.forkers = forkers or {}
        self._running: list[Running] = []
        self._init()

    def _init(self) -> None:
        config = Config(str(self.ini), stdout=io.StringIO())
        command.init(
            config, str(self.folder / "migrations"), template=TEMPLATES[self.driver]
        )
        text = self.ini.read_text().replace(
            "driver://user:pass@localhost/dbname", self.db.url(self.driver)
        )
        self.write(self.ini, text)
        self.edit_env(
            "if config.config_file_name is not None:",
            'if config.attributes.get("configure_logger", True):',
        )
        self.edit_env(
            "target_metadata=target_metadata", "target_metadata=target_metadata, **{}"
        )

    # -- files

    def write(self, path: Path | str, text: str) -> Path:
        """Write a file; Python will not mistake it for one it compiled before."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self._clock += 10
        os.utime(file, (self._clock, self._clock))
        return file

    def edit_env(self, old: str, new: str) -> None:
        """Replace a text in env.py wherever it stands."""
        text = self.env.read_text()
        assert old in text, f"env.py has no {old!r}"
        self.write(self.env, text.replace(old, new))

    def configure(self, **options: Any) -> None:
        """Add keyword arguments to every ``context.configure()`` of env.py.

        Values are written with ``repr()``: plain data only.
        """
        old = f"**{self._options!r}"
        self._options = self._options | options
        self.edit_env(old, f"**{self._options!r}")

    def models(self, source: str) -> None:
        """Write models.py, which defines ``metadata``, and point env.py at it."""
        self.write("models.py", _header() + textwrap.dedent(source))
        if "runpy" not in self.env.read_text():
            path = str(self.folder / "models.py")
            self.edit_env(
                "target_metadata = None",
                f'import runpy\ntarget_metadata = runpy.run_path({path!r})["metadata"]',
            )

    def rewriting(self) -> None:
        """Name our rewriter in env.py."""
        self.edit_env("import runpy", "import alembic_zdt\nimport runpy")
        self.edit_env(
            "target_metadata=target_metadata,",
            "target_metadata=target_metadata,"
            " process_revision_directives=alembic_zdt.rewriter,",
        )

    def settings(self, **values: str) -> None:
        """Write the section [alembic_zdt] of alembic.ini."""
        text = self.ini.read_text().split("\n[alembic_zdt]\n")[0]
        lines = "".join(f"{name} = {value}\n" for name, value in values.items())
        self.write(self.ini, f"{text}\n[alembic_zdt]\n{lines}")

    def revision(
        self,
        rev_id: str,
        upgrade: str = "pass",
        downgrade: str = "pass",
        *,
        down_revision: str | tuple[str, ...] | None = "",
        branch_labels: str | None = None,
        depends_on: str | None = None,
        variables: Mapping[str, Any] | None = None,
        op: str = OP,
    ) -> Path:
        """Write a revision on top of the last one.

        Args:
            rev_id: identifier; writing it again replaces the revision.
            upgrade: body of ``upgrade()``; ``op``, ``sa``, ``postgresql`` are imported.
            downgrade: body of ``downgrade()``.
            down_revision: another place in the history than the last revision.
            branch_labels: as Alembic.
            depends_on: as Alembic.
            variables: module variables such as ``{"zdt_phase": "expand"}``.
            op: package that ``op`` is imported from.
        """
        path = self.versions / f"{rev_id}_.py"
        is_new = not path.exists()
        below = self.last if down_revision == "" else down_revision
        if not is_new and down_revision == "":
            below = _down_revision_in(path)
        more = "".join(f"{k} = {v!r}\n" for k, v in (variables or {}).items())
        text = REVISION.format(
            message=rev_id,
            op=op,
            rev_id=rev_id,
            down_revision=below,
            branch_labels=branch_labels,
            depends_on=depends_on,
            variables=more,
            upgrade=_body(upgrade),
            downgrade=_body(downgrade),
        )
        if is_new:
            self.last = rev_id
        return self.write(path, text)

    def scripts(self) -> list[Path]:
        """Return the revision files, oldest first."""
        files = self.versions.glob("*.py")
        return sorted(files, key=lambda path: (path.stat().st_mtime, path.name))

    # -- commands in this process

    def config(self, x: Sequence[str] = ()) -> Config:
        """Return a Config as the command line would make it, with captured output."""
        return self._config(io.StringIO(), x)

    def _config(self, output: io.StringIO, x: Sequence[str]) -> Config:
        config = Config(
            str(self.ini),
            stdout=output,
            output_buffer=output,
            cmd_opts=argparse.Namespace(x=list(x)),
        )
        config.attributes["configure_logger"] = False
        return config

    def run(self, name: str, *arguments: Any, x: Sequence[str] = (), **kw: Any) -> str:
        """Run ``alembic.command.<name>``; return what it printed."""
        output = io.StringIO()
        getattr(command, name)(self._config(output, x), *arguments, **kw)
        return output.getvalue()

    def upgrade(
        self, target: str = "head", *, x: Sequence[str] = (), sql: bool = False
    ) -> str:
        """Upgrade; return the text of ``--sql`` or what was printed."""
        return self.run("upgrade", target, x=x, sql=sql)

    def downgrade(
        self, target: str = "base", *, x: Sequence[str] = (), sql: bool = False
    ) -> str:
        """Downgrade; return the text of ``--sql`` or what was printed."""
        return self.run("downgrade", target, x=x, sql=sql)

    def sql(
        self,
        between: str = "base:head",
        *,
        flavor: str | None = None,
        x: Sequence[str] = (),
        down: bool = False,
    ) -> str:
        """Return what ``--sql`` writes for this range.

        Args:
            between: ``from:to``, as Alembic takes it.
            flavor: the setting ``zdt.sql_flavor``, by default the package's default.
            x: further ``-x`` arguments.
            down: write the downgrade.
        """
        if flavor is not None:
            x = (*x, f"zdt.sql_flavor={flavor}")
        return self.run("downgrade" if down else "upgrade", between, x=x, sql=True)

    @property
    def current(self) -> list[str]:
        """The revisions in alembic_version, sorted."""
        if not self.db.exists("alembic_version"):
            return []
        return self.db.column("SELECT version_num FROM alembic_version ORDER BY 1")

    # -- commands in a process of their own

    def start(
        self,
        *arguments: str,
        x: Sequence[str] = (),
        module: str = "alembic",
        env: Mapping[str, str] | None = None,
    ) -> Running:
        """Start ``python -m alembic ...`` (or another module's command line)."""
        options = [part for value in x for part in ("-x", value)]
        given = ["-c", str(self.ini), *options, *arguments]
        running = Running(self._start(module, given, self._environment(env or {})))
        self._running.append(running)
        return running

    def _start(
        self, module: str, arguments: list[str], environment: dict[str, str]
    ) -> subprocess.Popen[str] | Forked:
        if module in self.forkers:
            return self.forkers[module].start(arguments, self.folder, environment)
        _listen_to_interrupts()
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def cli(
        self,
        *arguments: str,
        x: Sequence[str] = (),
        module: str = "alembic",
        env: Mapping[str, str] | None = None,
        timeout: float = 60.0,
    ) -> Result:
        """Run ``python -m alembic ...`` to its end."""
        return self.start(*arguments, x=x, module=module, env=env).wait(timeout)

    def psql(self, text: str, schema: str | None = None) -> Result:
        """Replay SQL through psql, which stops at the first error."""
        environment = self.db.server.environment(self.db.database)
        environment["PGOPTIONS"] = f"-c search_path={schema or self.db.schema}"
        done = subprocess.run(
            [self.db.server.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=environment,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """Kill what is still running."""
        for running in self._running:
            if running.is_running:
                running.kill()

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        ours = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        return os.environ | ours | dict(more)


def _listen_to_interrupts() -> None:
    """A shell lets what it starts in the background ignore Ctrl-C, and so its heirs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _header() -> str:
    return "import sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n\n"


def _body(source: str) -> str:
    return textwrap.indent(textwrap.dedent(source).strip() or "pass", "    ")


def _down_revision_in(path: Path) -> Any:
    names: dict[str, Any] = {}
    for line in path.read_text().splitlines():
        if line.startswith("down_revision = "):
            exec(line, names)  # noqa: S102 - a literal that we wrote
    return names["down_revision"]
