"""Start the workers of job engines as programs of their own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def procrastinate_of(
    app: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Yield a function that starts procrastinate's command line; ended at the end."""
    running = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "procrastinate", f"--app={app}", *arguments],
                cwd=folder,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for popen in running:
        popen.kill()
        popen.communicate()


def succeeds(popen: subprocess.Popen[str]) -> bool:
    """Wait for the end."""
    _out, said = popen.communicate(timeout=60)
    assert popen.returncode == 0, said
    return True


@contextmanager
def loggers_kept() -> Iterator[None]:
    """Restore the root logger, which Celery sets up for itself and leaves so."""
    level, handlers = logging.root.level, logging.root.handlers[:]
    yield
    logging.root.setLevel(level)
    logging.root.handlers[:] = handlers
