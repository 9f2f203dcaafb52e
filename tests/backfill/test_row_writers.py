"""How a session that changes a table is described."""

from __future__ import annotations

import pytest

from alembic_zdt.backfill.row_writers import _in_words

LONG = "UPDATE t SET a = 1 " * 20


@pytest.mark.parametrize(
    ("application", "role", "query", "queries", "words"),
    [
        (
            "shop",
            "web",
            "UPDATE  t",
            True,
            'pid 7 (application "shop", role "web"): UPDATE t',
        ),
        ("shop", "web", "UPDATE t", False, 'pid 7 (application "shop", role "web")'),
        ("", "web", None, True, 'pid 7 (role "web")'),
        ("shop", "", "", True, 'pid 7 (application "shop")'),
        ("", "", "UPDATE t", True, "pid 7: UPDATE t"),
    ],
)
def test_only_what_is_known_and_may_be_shown(application, role, query, queries, words):
    assert _in_words(7, application, role, query, queries=queries) == words


def test_a_long_statement_is_cut():
    found = _in_words(7, "", "", LONG, queries=True)

    assert found.endswith("...")
    assert len(found) < len(LONG)
