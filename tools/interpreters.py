"""The tests marked ``compat`` on every Python of this machine.

``python -m tools.matrix interpreters`` looks for the versions that the classifiers
name, and for newer ones: on ``PATH``, in pyenv's folder, and in ``/usr/bin``.  It
downloads none.  What it did not find is printed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.environments import ROOT, compat_tests, environment, uv_says

CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")
NEWER = 3
"""So many versions after the last declared one are looked for."""

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))


def declared() -> list[str]:
    """Return the versions that the classifiers name, such as ``3.11``."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    classifiers = tomllib.loads(text)["project"]["classifiers"]
    return [found[1] for each in classifiers if (found := CLASSIFIER.fullmatch(each))]


def wanted() -> list[str]:
    """Return the declared versions and a few newer ones."""
    known = declared()
    last = int(known[-1].removeprefix("3."))
    return known + [f"3.{last + more}" for more in range(1, NEWER + 1)]


def find(version: str) -> Path | None:
    """Return an interpreter of this version that runs, None where there is none."""
    found = (_running(each, version) for each in _candidates(version))
    return next(filter(None, found), None)


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    on_path = shutil.which(name)
    if on_path is not None:
        yield Path(on_path)
    yield from sorted((PYENV / "versions").glob(f"{version}.*/bin/{name}"))
    yield Path("/usr/bin") / name


def _running(python: Path, version: str) -> Path | None:
    """Return the Python behind a name; one of pyenv's may lead to none."""
    if not os.access(python, os.X_OK):
        return None
    program = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    done = subprocess.run(
        [python, "-c", program], capture_output=True, text=True, check=False
    )
    found, _, executable = done.stdout.strip().partition(" ")
    return Path(executable) if found == version else None


def missing_wheel(python: Path) -> str:
    """Return why the parser cannot be installed on this Python, empty if it can."""
    complaint = uv_says(
        *("pip", "install", "--dry-run", "--only-binary=postgast", "--no-deps"),
        *(f"--python={python}", "--target=build/none", "postgast"),
    )
    return "postgast has no wheel for it" if complaint else ""


def on_interpreters(arguments: Sequence[str]) -> dict[str, int]:
    """Run the marked tests on each Python; return the exit codes."""
    codes = {}
    for version in wanted():
        python = find(version)
        why_not = _why_not(version, python)
        print(f"\n=== Python {version}: {why_not or python}", flush=True)
        if python and not why_not:
            own = environment(f".venv-python{version}", python)
            codes[f"Python {version}"] = compat_tests(own, arguments)
    return codes


def _why_not(version: str, python: Path | None) -> str:
    if python is None:
        return "not found on this machine"
    if version == "{}.{}".format(*sys.version_info):
        return "left out, `make test` runs the whole suite on it"
    return missing_wheel(python)
