"""What ``make test`` leaves out, and that nothing is left out altogether."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.choice import Claims
from tests.support.interruption import kind_of
from tests.support.project import ROOT

TESTS = """
import pytest

driver = pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])

@pytest.mark.drivers_by_turns
@driver
@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize(("case", "wanted"), [("a", 1), ("b", 2)])
def test_turns(case, wanted, way, driver): pass

@pytest.mark.drivers_by_turns
@driver
def test_alone(driver): pass

@pytest.mark.names_by_turns
@pytest.mark.parametrize("names", ["plain", "punctuation", "reserved"])
@pytest.mark.parametrize("story", ["a", "b", "c"])
def test_names(names, story): pass

@pytest.mark.ways_by_turns
@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
@pytest.mark.parametrize("case", ["a", "b"])
def test_ways(case, way): pass

@driver
@pytest.mark.parametrize("case", ["a", "b"])
def test_unmarked(case, driver): pass
"""


@pytest.fixture
def collected(tmp_path, monkeypatch):
    """Collect the tests above as those of the suite are."""
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import pytest_collection_modifyitems\n"
        "def pytest_configure(config):\n"
        "    config.addinivalue_line('markers', 'drivers_by_turns')\n"
        "    config.addinivalue_line('markers', 'names_by_turns')\n"
        "    config.addinivalue_line('markers', 'ways_by_turns')\n"
    )

    def collect(full: str) -> set[str]:
        monkeypatch.setenv("ZDT_TEST_FULL", full)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        options = [
            "--collect-only",
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
        ]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                *options,
                f"--rootdir={tmp_path}",
                tmp_path,
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout
        lines = done.stdout.splitlines()
        return {line.partition("::")[2] for line in lines if "::" in line}

    return collect


def test_each_value_is_met_and_by_both_drivers(collected):
    found = collected("")

    assert {name for name in found if "turns" in name} == {
        "test_turns[a-1-up-psycopg]",
        "test_turns[a-1-down-asyncpg]",
        "test_turns[b-2-up-asyncpg]",
        "test_turns[b-2-down-psycopg]",
    }
    assert len([name for name in found if "alone" in name]) == 2
    assert len([name for name in found if "unmarked" in name]) == 4

    assert {name for name in found if "ways" in name} == {
        "test_ways[a-upgrade]",
        "test_ways[b-downgrade]",
    }
    assert {name for name in found if "names" in name} == {
        "test_names[a-plain]",
        "test_names[a-punctuation]",
        "test_names[b-punctuation]",
        "test_names[b-reserved]",
        "test_names[c-plain]",
        "test_names[c-punctuation]",
    }


def test_the_matrix_leaves_out_nothing(collected):
    assert len(collected("1")) == 8 + 2 + 9 + 4 + 4


def test_one_of_all_workers_takes_a_subject(tmp_path):
    one, other = Claims(tmp_path / "claims"), Claims(tmp_path / "claims")

    assert one.take("before", "CREATE INDEX")
    assert not other.take("before", "CREATE INDEX")
    assert other.take("after", "CREATE INDEX")


def test_kind_of_a_statement_is_its_sql_without_names_and_values():
    one = kind_of("CREATE INDEX CONCURRENTLY ix ON users (email) WHERE a > 1")

    assert one == "CREATE INDEX CONCURRENTLY ON WHERE"
    assert one == kind_of('CREATE INDEX CONCURRENTLY "i" ON "t" (c) WHERE b = 2')
    assert one != kind_of("CREATE INDEX CONCURRENTLY ix ON users (email)")
