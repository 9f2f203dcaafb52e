"""Environments of their own for the tests, made with uv in a few seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def environment(name: str, interpreter: Path, *options: str) -> Path:
    """Make an environment with the package and what its tests need.

    Args:
        name: of its folder, which is made anew.
        interpreter: the Python that it gets.
        options: for uv, which installs them.

    Returns:
        Its interpreter.
    """
    folder = ROOT / name
    uv("venv", "--quiet", "--clear", f"--python={interpreter}", str(folder))
    python = folder / "bin" / "python"
    uv(
        *("pip", "install", "--quiet", f"--python={python}", *options),
        *("--group=test", "--editable=."),
    )
    return python


def empty_environment(folder: Path, *requirements: str) -> Path:
    """Make an environment with nothing but these; return its interpreter."""
    uv("venv", "--quiet", f"--python={sys.executable}", str(folder))
    python = folder / "bin" / "python"
    uv("pip", "install", "--quiet", f"--python={python}", *requirements)
    return python


def uv(*arguments: str) -> None:
    """Run uv, which downloads no interpreter.

    Raises:
        subprocess.CalledProcessError: it failed; its message is printed.
    """
    subprocess.run(_uv(arguments), cwd=ROOT, env=_variables(), check=True)


def uv_says(*arguments: str) -> str:
    """Run uv; return what it complains of, empty when it succeeds."""
    done = subprocess.run(
        _uv(arguments),
        cwd=ROOT,
        env=_variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


def compat_tests(python: Path, arguments: Sequence[str]) -> int:
    """Run the tests marked ``compat``; return pytest's exit code."""
    command: list[str | Path] = [python, "-m", "pytest", "-q", "-n", "2"]
    command += ["-m", "compat", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _uv(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "uv", *arguments]


def _variables() -> dict[str, str]:
    return os.environ | {"UV_PYTHON_DOWNLOADS": "never", "UV_LINK_MODE": "copy"}
