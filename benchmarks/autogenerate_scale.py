"""Measure autogenerate with many tables, beside Alembic without this package.

    python benchmarks/autogenerate_scale.py                      # about fifteen minutes
    python benchmarks/autogenerate_scale.py --tables 100 400

The models have tables with a unique index, a default and foreign keys.  ``new tables``
writes a revision for an empty database, ``nothing new`` compares the models with a
database that has all of them.  Processor time of the client counts, of one process for
each command.  Measured in pairs, in alternating order; the result is the median of the
ratios.  One of more than 1.3 ends the program with exit code 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]  # script or -m

from benchmarks import environments  # noqa: E402
from benchmarks.overhead import Result, children_cpu, environment, pairs  # noqa: E402
from benchmarks.project import Project  # noqa: E402
from examples.shop import proofs, server, tables  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

BOUND = 1.3
TABLES = (100, 400, 1600, 3200)
CASES = ("new tables", "nothing new")
MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
for n in range({count}):
    sa.Table(f"t{{n}}", metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, index=True, unique=True),
        sa.Column("kind", sa.Integer, server_default="5"),
        sa.Column("up", sa.ForeignKey(f"t{{max(n - 1, 0)}}.id"), index=True))
"""
CREATE = """
import os, models, sqlalchemy
# One transaction would hold more locks than the server has room for.
engine = sqlalchemy.create_engine(
    os.environ["ZDT_BENCH_URL"], isolation_level="AUTOCOMMIT"
)
models.metadata.create_all(engine)
"""


def measure(
    server_url: str, pythons: Sequence[Path], count: int, case: str, samples: int
) -> Result:
    """Return the processor seconds with the package and without, and their ratio."""
    with Project([]) as project, server.another_database(server_url) as url:
        folder = project.folder
        (folder / "models.py").write_text(MODELS.format(count=count))
        env = (folder / "env.py").read_text()
        found = "import sys\nsys.path[:0] = ['.']\nimport models\n"
        configured = "connection=connection, target_metadata=models.metadata"
        text = found + env.replace("connection=connection", configured)
        (folder / "env.py").write_text(text)
        (folder / "script.py.mako").write_text(_TEMPLATE)
        if case == CASES[1]:
            run(url, pythons[0], folder, "-c", CREATE)
        ours, theirs = (
            partial(revision, url, python, folder, module)
            for python, module in zip(pythons, ("alembic_zdt", "alembic"), strict=True)
        )
        return pairs(
            f"{case}, {count} tables",
            samples,
            lambda: {"cpu": ours()},
            lambda: {"cpu": theirs()},
        )["cpu"]


_TEMPLATE = '''"""${message}"""
from alembic import op
import sqlalchemy as sa
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
def upgrade():
    ${upgrades if upgrades else "pass"}
def downgrade():
    ${downgrades if downgrades else "pass"}
'''


def revision(url: str, python: Path, folder: Path, module: str) -> float:
    """Write a revision, remove it again, and return the processor seconds."""
    seconds = run(url, python, folder, "-m", module, "revision", "--autogenerate")
    written = list((folder / "versions").glob("*.py"))
    if not written:
        msg = f"{module} wrote no revision"
        raise proofs.NotDoneError(msg)
    for path in written:
        path.unlink()
    return seconds


def run(url: str, python: Path, folder: Path, *arguments: str) -> float:
    """Run Python in the folder, and return its processor seconds."""
    before = children_cpu()
    done = subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        env=environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"{' '.join(arguments[:2])}: {done.stdout}{done.stderr}"
        raise proofs.NotDoneError(msg)
    return children_cpu() - before


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table.

    The exit code is 1 when a ratio is above the bound, or nothing was written.
    """
    options = parse(arguments)
    rows, missed = [], []
    try:
        with (
            server.own_database() as url,
            tempfile.TemporaryDirectory(prefix="zdt-venv-") as folder,
        ):
            machine = server.machine(url)
            pythons = environments.make_both(Path(folder))
            measure(url, pythons, 1, CASES[0], 1)  # compiles the bytecode
            for case in CASES:
                for count in options.tables:
                    found = measure(url, pythons, count, case, options.samples)
                    ratio = found["ratio"]
                    missed += [(case, count)] if ratio > BOUND else []
                    words = (
                        f"{found['ours_seconds']:.2f}",
                        f"{found['theirs_seconds']:.2f}",
                        f"{ratio:.2f}",
                        " to ".join(f"{each:.2f}" for each in found["quartiles"]),
                    )
                    rows.append([case, str(count), *words])
                    tables.say(f"{case}, {count} tables: {ratio:.2f} times Alembic")
    except proofs.NotDoneError as error:
        tables.say(f"FAILED: {error}")
        return 1
    columns = ("models", "tables", "ours s", "Alembic s", "ratio", "quartiles")
    tables.show(tables.Table("Processor time of autogenerate", columns, rows))
    tables.say(f"Measured here: {machine}.")
    for case, count in missed:
        tables.say(f"FAILED: {case}, {count} tables: more than {BOUND} times Alembic")
    return 1 if missed else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--tables", type=int, nargs="+", default=list(TABLES), help="their numbers")
    add("--samples", type=int, default=3, help="pairs of revisions that count")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
