"""Make a script compare the definitions of objects of the same name.

A skip condition that was written without a database knows only a name and a table.  So
the script first makes the wanted object on an empty temporary copy of the table.  Then
it compares the server's definition of it with the object that has the name.
https://www.postgresql.org/docs/current/functions-info.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.script.text import call, quoted
from alembic_zdt.server_facts import (
    PROBE,
    CanonicalCheck,
    CanonicalColumn,
    CanonicalIndex,
    Server,
)


def definition_checks(recipe: Recipe, server: Server) -> Iterator[str]:
    """Yield a call for each object whose name another object may have."""
    made = " ".join(step.sql for step in recipe.steps(server))
    for question in recipe.questions():
        if isinstance(question, CanonicalIndex) and quote(question.index) in made:
            more = {"may_differ": "true"} if question.may_differ else {}
            yield _compare(question.table, question.index, question.create, **more)
        if isinstance(question, CanonicalCheck) and quote(question.constraint) in made:
            adding = f"ADD CONSTRAINT {quote(question.constraint)}"
            statement = f"ALTER TABLE {PROBE.sql} {adding} CHECK ({question.condition})"
            yield _compare(question.table, question.constraint, statement)
        if isinstance(question, CanonicalColumn):
            yield _compare_column(question)


def _compare_column(question: CanonicalColumn) -> str:
    more = {} if question.unless == "false" else {"unless": quoted(question.unless)}
    return call(
        "zdt_compare_column",
        table_name=quoted(question.table.sql),
        object=quoted(question.column),
        declared=quoted(question.declared),
        **more,
    )


def _compare(table: QualifiedName, name: str, statement: str, **more: str) -> str:
    return call(
        "zdt_compare",
        table_name=quoted(table.sql),
        object=quoted(name),
        statement=quoted(statement),
        **more,
    )
