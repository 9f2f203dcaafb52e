"""The test kit on the examples: what it generates for their revisions passes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest_plugins = "pytester"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(pytester, cluster, example, *options):
    """Run the generated tests in a copy of an example."""
    without_caches = shutil.ignore_patterns("__pycache__")
    folder = EXAMPLES / example
    shutil.copytree(folder, pytester.path, dirs_exist_ok=True, ignore=without_caches)
    url = cluster.dsn("postgres", driver="psycopg")
    without = [f"-pno:{name}" for name in ("randomly", "hypothesispytest", "timeout")]
    return pytester.runpytest_inprocess(*without, "--zdt", f"--zdt-url={url}", *options)


@pytest.mark.slow
def test_shop(pytester, cluster):
    """Its env.py is a stock one that reads a variable of its own."""
    options = (
        "alembic.ini",
        "-o",
        "zdt_url_variables=ZDT_DATABASE_URL",
        "-k",
        "not 000 or 0006",
    )
    found = run(pytester, cluster, "shop", *options)

    found.assert_outcomes(passed=5, deselected=15)


def test_fastapi_app(pytester, cluster):
    """It has tests of its own, and hooks."""
    run(pytester, cluster, "fastapi_app").assert_outcomes(passed=10)
