"""Chromium without a window, where this machine has it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tools import look


def browser() -> Iterator[Any]:
    """Yield the browser; skip the test without one, or fail if it must be there."""
    try:
        import playwright  # noqa: F401  # may be missing
    except ImportError:
        _refuse_or_skip("playwright is not installed")
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        _refuse_or_skip("Chromium is not installed")
    with look.browser() as opened:
        yield opened


def _refuse_or_skip(words: str) -> None:
    if os.environ.get("ZDT_NEEDS_BROWSER"):
        pytest.fail(words)
    pytest.skip(words)
