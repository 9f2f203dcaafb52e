"""Offline contexts that are made during an online run."""

from __future__ import annotations

import logging
import threading

from alembic_zdt.runner.script.offline_contexts import (
    offline_context,
    without_lines_of_contexts,
)


def test_nothing_is_logged_about_one_of_ours(caplog):
    caplog.set_level(logging.INFO, "alembic")

    context = offline_context(literal_binds=True)

    assert context.as_sql
    assert not caplog.records
    logging.getLogger("alembic.runtime.migration").info("Running upgrade")
    assert [record.getMessage() for record in caplog.records] == ["Running upgrade"]


def test_warnings_and_lines_of_other_threads_are_kept(caplog):
    caplog.set_level(logging.INFO, "alembic")
    log = logging.getLogger("alembic.runtime.migration")

    with without_lines_of_contexts():
        log.info("about a context")
        log.warning("a warning")
        other = threading.Thread(target=log.info, args=["of another thread"])
        other.start()
        other.join()

    found = [record.getMessage() for record in caplog.records]
    assert found == ["a warning", "of another thread"]
