"""The suite against every supported PostgreSQL, Alembic and SQLAlchemy.

``python -m tools.matrix postgres`` runs the suite on every PostgreSQL of
``tools/binaries.py``, or on those named (``--pg 14``).  Further arguments after ``--``
go to pytest.  Every combination of drivers and parameters is run, unless
``ZDT_TEST_FULL=0``.
``python -m tools.matrix libraries`` makes one environment per combination of Alembic
and SQLAlchemy and runs the tests marked ``compat`` in it.
``python -m tools.matrix interpreters`` runs them on every Python of this machine, and
``python -m tools.matrix lowest`` with the oldest libraries that are declared.

Every run is reported at the end; one that failed makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.binaries import RELEASES, home_of
from tools.interpreters import on_interpreters
from tools.lowest import on_lowest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
# Alembic, SQLAlchemy: a middle and the newest of each; tools/lowest.py has the oldest.
LIBRARIES = [("1.18.4", "2.0.58"), ("1.20.1", "2.1.9")]


def on_postgres(majors: Iterable[int], arguments: Sequence[str]) -> dict[str, int]:
    """Run the suite with each server; return the exit codes."""
    codes = {}
    for major in majors:
        name = f"PostgreSQL {major}"
        _headline(name)
        environment = {
            "ZDT_PG_HOME": str(home_of(major)),
            "ZDT_TEST_FULL": os.environ.get("ZDT_TEST_FULL", "1"),
        }
        codes[name] = _pytest(Path(sys.executable), arguments, environment)
    return codes


def on_libraries(arguments: Sequence[str]) -> dict[str, int]:
    """Run the marked tests with each combination of libraries; return the codes."""
    codes = {}
    marked = arguments if _names_tests(arguments) else [*arguments, *_files_marked()]
    for alembic, sqlalchemy in LIBRARIES:
        name = f"Alembic {alembic}, SQLAlchemy {sqlalchemy}"
        _headline(name)
        python = _environment(alembic, sqlalchemy)
        codes[name] = _pytest(python, ["-m", "compat", *marked], {})
    return codes


def _names_tests(arguments: Iterable[str]) -> bool:
    return any(argument.startswith("tests") for argument in arguments)


def _files_marked() -> list[str]:
    """Return the files with marked tests; to collect the others takes longer."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    marked = [file for file in files if "pytest.mark.compat" in file.read_text()]
    return [str(file.relative_to(ROOT)) for file in marked]


def _environment(alembic: str, sqlalchemy: str) -> Path:
    """Return the interpreter of an environment with exactly these versions."""
    folder = ROOT / f".venv-alembic{alembic}-sqlalchemy{sqlalchemy}"
    python = folder / "bin" / "python"
    if not python.exists():
        _run(sys.executable, "-m", "venv", "--without-pip", folder)
    _run(
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python),
        *("--group", "test", "--editable", "."),
        *(f"alembic=={alembic}", f"sqlalchemy=={sqlalchemy}"),
    )
    return python


def _pytest(
    python: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> int:
    command: list[str | Path] = [python, "-m", "pytest", "-q", "-n", "2", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, check=False
    ).returncode


def _run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def _headline(name: str) -> None:
    print(f"\n=== {name}", flush=True)


PARTS = {
    "libraries": on_libraries,
    "interpreters": on_interpreters,
    "lowest": on_lowest,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one part of the matrix."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    ours, _, theirs = _partition(given)
    parser = argparse.ArgumentParser(
        prog="python -m tools.matrix", description=main.__doc__
    )
    parser.add_argument("part", choices=["postgres", *PARTS])
    parser.add_argument("--pg", type=int, action="append", choices=list(RELEASES))
    options = parser.parse_args(ours)
    if options.part == "postgres":
        codes = on_postgres(options.pg or RELEASES, theirs)
    else:
        codes = PARTS[options.part](theirs)
    _headline("result")
    for name, code in codes.items():
        print(f"{'passed' if code == 0 else f'FAILED ({code})':12} {name}")
    return int(any(codes.values()))


def _partition(given: list[str]) -> tuple[list[str], list[str], list[str]]:
    at = given.index("--") if "--" in given else len(given)
    return given[:at], given[at : at + 1], given[at + 1 :]


if __name__ == "__main__":
    sys.exit(main())
