"""The page of a rehearsal, without a browser."""

from __future__ import annotations

import json
import re
from importlib import util

import pytest

from alembic_zdt.errors import UsageError
from alembic_zdt.locks import LockMode
from alembic_zdt.rehearsal.report import page
from alembic_zdt.steps import RelationLock
from tests.rehearsal.report.outcomes import (
    TABLE,
    lock,
    outcome,
    revision,
    statement,
    step,
    with_a_stall,
)

plotly = pytest.importorskip("plotly.offline")


def written(found):
    """Return the page without plotly.js."""
    text = page.page_of(found)
    library = plotly.get_plotlyjs()
    assert library in text
    return text.replace(library, "")


def test_one_file_loads_nothing():
    """No address is fetched: the page works offline, and says that to the browser."""
    text = written(with_a_stall())

    assert "default-src 'none'" in text
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", text)
    assert "@import" not in text
    assert "url(" not in text


def test_texts_of_the_user_are_no_tags():
    text = written(with_a_stall())

    assert "or&lt;b&gt;ders" in text
    assert "column &lt;i&gt;state&lt;/i&gt; does not exist" in text
    assert "<b>" not in text
    assert "<i>" not in text
    specs = re.search(r'id="specs">(.*?)</script>', text, re.DOTALL)
    assert set(json.loads(specs[1])) == {"chart-1", "chart-2"}


def test_table_says_what_was_declared_and_traced():
    mode = LockMode.ACCESS_EXCLUSIVE
    declared = step("drop it", RelationLock(mode, TABLE))
    held = lock(mode, held=0.012)

    text = written(outcome(revision([statement(step=declared, locks=[held])])))

    claims = re.findall(r"<td>(.*?)</td>", text)[:2]
    name = "ACCESS EXCLUSIVE on public.&#34;or&lt;b&gt;ders&#34;"
    assert claims == [name, f"{name} for 12 ms"]
    assert "2.9 MB" in text
    assert "-8 kB" in text
    assert "+12" in text


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, "No stall, no undeclared lock and no error of the application."),
        ({"error": "lock <timeout>"}, "Upgrade ae10 failed, and nothing was run after"),
    ],
)
def test_verdict(values, verdict):
    text = written(outcome(revision(**values)))

    assert verdict in text
    assert ("lock &lt;timeout&gt;" in text) == bool(values)


def test_verdict_counts_what_was_seen():
    assert "Seen: 1 stall, 2 errors of the application." in written(with_a_stall())


def test_errors_of_the_application_are_counted():
    rows = re.findall(r"<tr><td><code>.*?</tr>", written(with_a_stall()), re.DOTALL)

    assert len(rows) == 1
    assert "read public.orders" in rows[0]
    assert ">2</td>" in rows[0]


def test_missing_library_is_told_before(monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda _name: None)

    with pytest.raises(UsageError, match="needs plotly") as refused:
        page.refuse_missing_library()

    assert "alembic-zdt[report]" in str(refused.value.hint)
