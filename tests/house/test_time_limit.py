"""A test that hangs is ended, and named."""

from __future__ import annotations

import subprocess
import sys

HANGS = """
import threading

def test_that_hangs():
    threading.Event().wait()

def test_that_goes_on():
    pass
"""


def test_every_test_has_a_limit(pytestconfig):
    assert 0 < float(pytestconfig.getini("timeout")) <= 300


def test_a_test_that_hangs_is_named_and_the_others_go_on(tmp_path):
    (tmp_path / "test_some.py").write_text(HANGS)
    plugins = ("-p", "pytest_timeout", "-o", "timeout=0.2")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "test_some.py"],
        cwd=tmp_path,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "FAILED test_some.py::test_that_hangs - Failed: Timeout" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
