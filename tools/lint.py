"""Every check that needs no database; all of them run, whatever fails first.

``python -m tools.lint`` is what ``make lint`` and CI run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

CHECKS: dict[str, tuple[str | Path, ...]] = {
    "ruff check": (BIN / "ruff", "check", "--no-cache", "."),
    "ruff format": (BIN / "ruff", "format", "--no-cache", "--check", "."),
    "mypy": (BIN / "mypy",),
    "pyright": (BIN / "pyright", "--pythonpath", sys.executable),
    "layers": (BIN / "lint-imports", "--no-cache", "--no-logo"),
    "codespell": (BIN / "codespell",),
    "generated files": (sys.executable, "-m", "tools.generate", "--check"),
    "changelog": (BIN / "towncrier", "build", "--draft", "--version", "next"),
}


def main() -> int:
    """Run every check; return 1 when one failed."""
    failed = [name for name, command in CHECKS.items() if not _passes(name, command)]
    if failed:
        print(f"lint: {', '.join(failed)} failed")
    return int(bool(failed))


def _passes(name: str, command: tuple[str | Path, ...]) -> bool:
    if name == "generated files" and not (ROOT / "tools" / "generate.py").exists():
        return True
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    word = "ok" if done.returncode == 0 else "FAILED"
    print(f"{name:16} {word:7} {time.monotonic() - began:5.1f} s", flush=True)
    if done.returncode != 0:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
