"""Facts answer like the database, or they give no answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alembic_zdt.facts.exported import ExportedDatabase, ExportedName, Facts
from alembic_zdt.facts.facts_oracle import FactsOracle
from alembic_zdt.names import QualifiedName
from alembic_zdt.oracle import questions
from tests.facts.exporting import exported, of_one, shop

TYPES = {
    "a": "interval(3)",
    "b": "interval day to second(2)",
    "c": "bpchar",
    "d": "char(3)",
    "e": "bit(4)",
    "f": "numeric(6,2)[]",
    "g": "timestamp(3) with time zone",
    "h": '"char"',
}


def oracle_of(facts):
    return FactsOracle(facts, facts.databases[0])


def with_rows(facts, **rows):
    """Change the numbers of rows of tables."""
    tables = [
        replace(each, rows=rows.get(each.name, each.rows))
        for each in facts.databases[0].tables
    ]
    return of_one(facts, tables=tuple(tables), most_rows=0)


def test_partitions_count_together_as_the_largest_table(db, project):
    shop(db)
    facts = exported(project)
    split = with_rows(facts, users=900, events_1=800, events_2=700)

    assert facts.databases[0].most_rows == 1000
    assert oracle_of(facts).answer(questions.most_rows) == 1000
    assert oracle_of(split).answer(questions.most_rows) == 1500


def test_child_counts_for_each_of_its_parents(db, project):
    db.execute("CREATE TABLE a (id int); CREATE TABLE b (n int)")
    db.execute("CREATE TABLE c () INHERITS (a, b)")
    db.execute("INSERT INTO c SELECT n, n FROM generate_series(1, 500) n; ANALYZE")
    facts = exported(project)

    table = facts.databases[0].table(QualifiedName("c"))
    assert table.parents == tuple(ExportedName(db.schema, name) for name in "ab")
    for name in "abc":
        assert oracle_of(facts).size(QualifiedName(name)).rows == 500


@pytest.mark.parametrize("anonymous", [False, True])
def test_types_have_no_size(db, project, anonymous):
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    db.execute(f"CREATE TABLE t ({columns})")
    asked = db.column(
        "SELECT format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum"
    )

    answers = oracle_of(exported(project, anonymous=anonymous))

    assert answers.answer(questions.types, QualifiedName("t"), [*TYPES]) == asked


def test_questions_of_other_packages_have_no_answer():
    database = ExportedDatabase("shop", (), 160004, {}, (), (), ())
    facts = Facts("2026-11-29T20:15:00+00:00", None, (database,))

    assert oracle_of(facts).ask(lambda found: found.value("SELECT 1")) is None


def test_sizes_and_proofs_of_old_facts_do_not_count(db, project):
    shop(db)
    facts = exported(project)
    table = QualifiedName("users")

    def known(days, zone=UTC):
        then = (datetime.now(zone) - timedelta(days=days)).isoformat()
        answers = oracle_of(replace(facts, exported_at=then))
        return (
            answers.size(table) is not None,
            answers.answer(questions.most_rows),
            answers.has_no_null(table, "age"),
            answers.answer(questions.kind, table),
        )

    assert known(6.9) == (True, 1000, True, "r")
    assert known(7.1) == known(7.1, None) == (False, None, None, "r")
