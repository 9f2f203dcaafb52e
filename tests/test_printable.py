"""Text of other roles, before it is printed."""

from __future__ import annotations

import logging

import pytest

from alembic_zdt.printable import LONGEST, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("naïve 表", "naïve 表"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\r\nb", r"a\r\nb"),
        ("a\u202eb", r"a\u202eb"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text, shown):
    """The rest stays as it is."""
    assert printable(text) == shown


def test_lines_of_an_error_stay_lines():
    """Its parts are one a line."""
    assert printable("a\n\x07b", keep="\n") == "a\n\\x07b"


def test_lines_of_the_log_are_escaped(caplog):
    """A notice or a name of another role may be in them."""
    log = logging.getLogger("alembic_zdt")
    with caplog.at_level(logging.INFO, logger="alembic_zdt"):
        log.info("skipped: %s", "a\x1b[2Jb\u202e")
        log.info("%s rows", 3)

    assert caplog.messages == [r"skipped: a\x1b[2Jb\u202e", "3 rows"]
    assert [record.args for record in caplog.records] == [None, (3,)]


def test_long_lines_of_the_log_are_cut_at_info(caplog):
    """The whole text, with its line breaks, is at DEBUG."""
    log = logging.getLogger("alembic_zdt")
    sql = f"SELECT {', '.join(map(str, range(99)))}\nFROM t"
    step = f"look: {sql} [SHARE on t; queued 0.000 s, ran 0.001 s]"
    with caplog.at_level(logging.DEBUG, logger="alembic_zdt"):
        log.info("%s", step)
        log.warning("%s", sql)
        log.info("%s", f"waiting: {sql}")

    (full, cut, warned, whole, end) = caplog.records
    assert [each.levelname for each in caplog.records] == [
        *("DEBUG", "INFO", "WARNING", "DEBUG", "INFO")
    ]
    assert (full.getMessage(), warned.getMessage()) == (step, sql)
    assert cut.getMessage().startswith("look: SELECT 0, 1, 2,")
    assert cut.getMessage().endswith("... [SHARE on t; queued 0.000 s, ran 0.001 s]")
    assert whole.getMessage() == f"waiting: {sql}"
    assert end.getMessage().endswith("...")
    assert all(len(each.getMessage()) <= LONGEST for each in (cut, end))
