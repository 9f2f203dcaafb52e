r"""Make a script find the INVALID indexes of an interrupted REINDEX.

https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.catalog import index as index_sql
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.script.text import NEVER_DONE, call, comment, quoted
from alembic_zdt.server_facts import ReindexLeftovers


def leftovers(recipe: Recipe, *, psql: bool) -> Iterator[str]:
    """Yield SQL that drops the INVALID indexes, or stops a plain script at them."""
    for question in recipe.questions():
        if isinstance(question, ReindexLeftovers):
            found = qualified(index_sql.leftovers(question.table, question.index))
            yield _dropped(found) if psql else _refused(recipe, found)


def _dropped(found: str) -> str:
    text = comment("drop the INVALID indexes of an interrupted REINDEX")
    dropping = "pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', schema, name)"
    return f"{text}\nSELECT {dropping}\nFROM ({found}) AS found(schema, name)\n\\gexec"


def _refused(recipe: Recipe, found: str) -> str:
    return call(
        "zdt_refuse",
        purpose=quoted(recipe.purpose),
        done=quoted(NEVER_DONE),
        wrong=quoted(found),
        wanted=quoted("no INVALID index of an interrupted REINDEX"),
    )
