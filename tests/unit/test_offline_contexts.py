"""Offline contexts that are made during an online run."""

from __future__ import annotations

import logging

from alembic_zdt.runner.script.offline_contexts import offline_context


def test_nothing_is_logged_about_one_of_ours(caplog):
    caplog.set_level(logging.INFO, "alembic")

    context = offline_context(literal_binds=True)

    assert context.as_sql
    assert not caplog.records
    logging.getLogger("alembic.runtime.migration").info("Running upgrade")
    assert [record.getMessage() for record in caplog.records] == ["Running upgrade"]
