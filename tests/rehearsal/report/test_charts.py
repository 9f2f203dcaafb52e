"""The chart of a revision: what is on it, and that plotly.js takes it."""

from __future__ import annotations

import pytest

from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName
from alembic_zdt.rehearsal.report.charts import chart_of
from tests.rehearsal.report.outcomes import (
    OWN,
    answer,
    lock,
    revision,
    statement,
    step,
    with_a_stall,
)

graph_objects = pytest.importorskip("plotly.graph_objects")


def chart(found, bound=0.2):
    spec = chart_of(found, bound, end=3.0, slowest=0.4).spec
    graph_objects.Figure(spec)  # refuses what plotly.js does not know
    return spec


def traces(spec):
    return {each["name"]: each for each in spec["data"]}


def test_plotly_knows_all_of_it():
    for found in with_a_stall().revisions:
        chart(found)


def test_answers_and_errors_are_at_the_time_at_which_they_were_due():
    found = traces(chart(revision([], [answer(0.5, 0.25), answer(1.5, 0.01, "gone")])))

    assert found["answers to the application"]["x"] == [0.5]
    assert found["answers to the application"]["y"] == [250.0]
    assert found["errors"]["x"] == [1.5]
    assert found["errors"]["text"] == ["read public.orders<br>gone"]


def test_old_code_and_new_code_are_told_apart():
    both = [answer(0.5, 0.01, code="old"), answer(0.6, 0.02, code="new")]
    found = traces(chart(revision([], both)))

    assert found["answers to old code"]["x"] == [0.5]
    assert found["answers to new code"]["x"] == [0.6]


def test_locks_are_bars_by_what_they_block():
    queued = lock(LockMode.ACCESS_EXCLUSIVE, since=2.0, held=0.1, queued=0.3)
    found = traces(chart(revision([statement(locks=[lock(), queued])])))

    writes = found["lock that blocks writes"]
    assert (writes["base"], writes["x"]) == ([1.0], [0.5])
    assert found["lock that blocks reads and writes"]["base"] == [2.0]
    waits = found["waits for a lock"]
    assert (waits["base"], waits["x"]) == ([1.7], [0.3])


def test_statements_of_one_step_are_one_bar():
    """The tables of Alembic and questions are not shown."""
    one = step("build it")
    found = revision(
        [
            statement("SELECT 1", locks=[]),
            statement("UPDATE alembic_version", locks=[lock(table=OWN)]),
            statement(step=one),
            statement("COMMIT", one, locks=[], took=0.7),
            statement("DROP TABLE x"),
        ]
    )
    spec = chart(found)
    bars = traces(spec)["steps"]

    assert bars["text"] == ["build it", "DROP TABLE x"]
    assert bars["x"] == [0.7, 0.5]
    assert spec["layout"]["yaxis2"]["categoryarray"][:2] == ["step 1", "step 2"]
    assert "alembic_version" not in spec["layout"]["yaxis2"]["categoryarray"]


def test_later_statement_without_a_new_lock_is_shown():
    first = statement("UPDATE a", locks=[lock()])
    second = statement("UPDATE b", locks=[], rows=5)
    second.holding = first.locks
    question = statement("SELECT 1", locks=[], rows=1)
    question.holding = first.locks

    found = traces(chart(revision([first, second, question])))["steps"]

    assert found["text"] == ["UPDATE a", "UPDATE b"]


def test_names_are_no_tags():
    """plotly.js draws ``<b>`` bold and ``<br>`` as a line break."""
    text = str(chart(with_a_stall().revisions[0]))

    assert "&lt;b>" in text
    assert "<b>" not in text
    assert "<i>" not in text


def test_a_long_run_keeps_its_slowest_answers():
    many = [answer(n / 100, 0.001) for n in range(9000)]
    slow = answer(70.0, 0.9)

    found = traces(chart(revision([], [*many, slow])))["answers to the application"]

    assert len(found["x"]) == 4000
    assert found["x"] == sorted(found["x"])
    assert 900.0 in found["y"]


def test_lanes_whose_locks_block_most_are_kept():
    tables = [QualifiedName(f"t{n:02}", "public") for n in range(20)]
    weak = [lock(LockMode.ROW_EXCLUSIVE, each) for each in tables]
    strong = lock(LockMode.ACCESS_EXCLUSIVE, tables[-1])

    rows = chart(revision([statement(locks=[*weak, strong])]))["layout"]["yaxis2"]

    assert rows["categoryarray"][:3] == ["step 1", "t19", "t00"]
    assert len(rows["categoryarray"]) == 13


def test_tables_with_the_same_label_have_lanes_of_their_own():
    names = [f"billing.customer_{each}_of_the_invoices" for each in ("a", "b")]
    locks = [lock(table=QualifiedName(*each.split(".")[::-1])) for each in names]

    axis = chart(revision([statement(locks=locks)]))["layout"]["yaxis2"]

    assert axis["categoryarray"][1:] == names
    assert axis["ticktext"][1:] == ["billing.cu...e_invoices"] * 2


def test_the_bound_is_drawn_where_it_is():
    layout = chart(revision([], [answer(0, 0.01)]), bound=0.05)["layout"]

    assert layout["shapes"][0]["y0"] == 50.0
    assert "lock_timeout, 50 ms" in layout["annotations"][0]["text"]
