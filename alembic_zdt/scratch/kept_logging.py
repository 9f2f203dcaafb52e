"""Logging as it was before ``env.py`` configured it.

https://docs.python.org/3/library/logging.config.html#logging.config.fileConfig
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_logging() -> Iterator[None]:
    """Restore the loggers after the body: ``fileConfig()`` disables those of tests."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    disabled = {each: each.disabled for each in _loggers()}
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for logger in _loggers():
            logger.disabled = disabled.get(logger, False)


def _loggers() -> list[logging.Logger]:
    known = logging.Logger.manager.loggerDict.values()
    return [each for each in list(known) if isinstance(each, logging.Logger)]
