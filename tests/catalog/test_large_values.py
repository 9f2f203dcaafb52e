"""What a window costs an application whose values are large is said beforehand."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        (
            "op.expand_rename_column('docs', 'body', 'words')",
            "op.expand_rename_column('docs', 'body', 'words', strategy='view') copies",
        ),
        ("op.expand_alter_column_type('docs', 'body', sa.JSON())", ""),
    ],
    ids=["rename", "type"],
)
def test_the_plan_says_what_large_values_cost(db, project, call, instead):
    db.execute("CREATE TABLE docs (id int, body text)")
    db.execute("ALTER TABLE docs ALTER body SET STORAGE EXTERNAL")
    db.execute("INSERT INTO docs SELECT 1, to_jsonb(repeat('x', 100000))")
    project.revision("r1", call)

    planned = project.cli("plan", module="alembic_zdt").ok().stdout

    cost = 'each UPDATE of a row of "docs" reads "body" and its twin twice'
    assert cost in planned
    assert "values of 97 kB" in planned
    assert instead in planned


def test_the_plan_says_nothing_of_small_values(db, project):
    db.execute("CREATE TABLE docs (id int, body text, other text)")
    db.execute(
        "INSERT INTO docs SELECT 1, 'x', string_agg(random()::text, '')"
        " FROM generate_series(1, 1000)"
    )
    project.revision("r1", "op.expand_rename_column('docs', 'body', 'words')")

    assert "its twin twice" not in project.cli("plan", module="alembic_zdt").stdout
