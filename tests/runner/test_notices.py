"""Where a notice goes: to the log, and to stderr where no log handler takes it."""

from __future__ import annotations

import io
import logging
import sys
from datetime import timedelta

import pytest

from alembic_zdt.runner.notices import Notices
from alembic_zdt.settings import Settings

LINE = "waiting: 5 % done"
AT_ONCE = timedelta(0)


@pytest.fixture
def log(monkeypatch):
    """The package's logger, as an application without any logging finds it."""
    log = logging.getLogger("alembic_zdt")
    monkeypatch.setattr(log, "propagate", False)
    monkeypatch.setattr(log, "disabled", False)
    level, handlers = log.level, log.handlers
    yield log
    log.setLevel(level)
    log.handlers = handlers


def said(log, capsys, *handlers, **settings):
    """What a notice prints when the logger has these handlers only."""
    log.handlers = list(handlers)  # pytest has given it one of its own
    notices = Notices(Settings(**{"progress_interval": AT_ONCE} | settings))
    notices.say(LINE)
    return capsys.readouterr().err


@pytest.mark.parametrize("progress", ["auto", "live"])
@pytest.mark.parametrize("level", [logging.WARNING, logging.INFO])
def test_what_no_handler_takes_is_printed(log, capsys, progress, level):
    log.setLevel(level)

    assert said(log, capsys, progress=progress) == f"[alembic_zdt] {LINE}\n"


@pytest.mark.parametrize("progress", ["log", "off"])
def test_a_setting_turns_it_off(log, capsys, progress):
    log.setLevel(logging.WARNING)

    assert said(log, capsys, progress=progress) == ""


def test_what_a_handler_takes_is_not_printed_again(log, capsys):
    log.setLevel(logging.INFO)
    stream = io.StringIO()

    assert said(log, capsys, logging.StreamHandler(stream)) == ""
    assert stream.getvalue() == f"{LINE}\n"


@pytest.mark.parametrize(
    "handler", [logging.NullHandler(), logging.StreamHandler(io.StringIO())]
)
def test_handlers_that_drop_it_do_not_count(log, capsys, handler):
    log.setLevel(logging.INFO)
    handler.setLevel(logging.WARNING)

    assert said(log, capsys, handler) == f"[alembic_zdt] {LINE}\n"


def test_a_logger_that_was_disabled_takes_nothing(log, capsys, monkeypatch):
    """As fileConfig() leaves the loggers that exist already."""
    log.setLevel(logging.INFO)
    monkeypatch.setattr(log, "disabled", True)
    handler = logging.StreamHandler(io.StringIO())

    assert said(log, capsys, handler) == f"[alembic_zdt] {LINE}\n"


def test_there_is_time_between_two_lines(log, capsys):
    log.setLevel(logging.WARNING)

    assert said(log, capsys, progress_interval=timedelta(hours=1)) == ""


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_a_missing_or_closed_stderr_does_no_harm(log, monkeypatch, stream):
    log.setLevel(logging.WARNING)
    if stream is not None:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    Notices(Settings(progress_interval=AT_ONCE)).say(LINE)

    assert sys.stderr is stream
