"""Run a script of ours against the tests' server, as a reader would."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.project import ROOT


def run_python(db, *arguments, **variables):
    """Run Python in the checkout; the script makes a database of its own."""
    url = db.server.dsn("postgres", "psycopg")
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"ZDT_DATABASE_URL": url} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def run_benchmark(db, name, *options):
    """Run one of ``benchmarks/``; its output, after the exit code 0."""
    ended = run_python(db, f"benchmarks/{name}.py", *options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def rows_of(output, first):
    """The cells of the rows whose first cell is that, by two blanks or more."""
    lines = [line.split("  ") for line in output.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    return [row for row in cells if row[:1] == [first]]
