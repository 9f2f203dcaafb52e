"""Nothing of ours is found by the search_path, whatever others have put into it.

A schema of traps stands before pg_catalog in the path: each trap fits at least as well as
what it shadows, and tells who used it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from alembic_zdt.catalog import database as database_module
from tests.operations.cases import CASES
from tests.support.db import Db
from tests.support.parsed import left_to_the_path, meaning
from tests.support.traps import SCHEMA, Caught, listening, make_traps, make_types

every_case = pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])


@pytest.fixture(scope="module")
def trapped(lasting) -> Iterator[None]:
    """The traps are in the worker's database."""
    make_traps(lasting.connection)
    make_types(lasting.connection)
    yield
    lasting.connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


@pytest.fixture
def path(db: Db, trapped) -> None:
    """New sessions look into the traps first."""
    db.execute(
        f"ALTER DATABASE {db.database} SET search_path = {db.schema}, {SCHEMA},"
        " pg_catalog"
    )


@lru_cache(maxsize=None)
def wrong(plain: str, sent: str) -> list[str]:
    """What a statement leaves to the path, and whether it means something else."""
    left = left_to_the_path(sent)
    return left if meaning(plain) == meaning(sent) else [*left, "another meaning"]


class Sent:
    """The statements of ours that were sent, before and after they were qualified."""

    def __init__(self, schema: str) -> None:
        self._ours: set[tuple[str, str]] = set()
        self._schema = schema

    def keep(self, plain: str, sent: str) -> None:
        """Keep one, as it is in every schema."""
        self._ours.add(
            (plain.replace(self._schema, "s"), sent.replace(self._schema, "s"))
        )

    @property
    def wrong(self) -> dict[str, list[str]]:
        """Return the statements with which something is wrong."""
        found = {sent: wrong(plain, sent) for plain, sent in self._ours}
        return {sent: words for sent, words in found.items() if words}


@pytest.fixture
def sent(db, monkeypatch) -> Sent:
    """Keep the questions that are asked."""
    found, real = Sent(db.schema), database_module.qualified

    def keep(sql: str) -> str:
        found.keep(sql, real(sql))
        return real(sql)

    monkeypatch.setattr(database_module, "qualified", keep)
    return found


@pytest.fixture
def caught() -> Iterator[Caught]:
    with listening() as found:
        yield found


# What the calls of the cases say themselves means what it means by the user's path.
OF_THE_USER = {
    "index-with-everything": ("lower", "text <> text"),
    "check": ("int4 >= int4",),
    "check-construct": ("text ~~ text",),
    "check-partitioned": ("int4 > int4",),
    "check-then-validate": ("int4 >= int4",),
    "alter-type-stored-alike": ("type text",),
}


@every_case
def test_no_directive_finds_anything_by_the_path(db, path, project, case, sent, caught):
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)

    project.upgrade("head")
    project.downgrade("base")

    assert caught.but(*OF_THE_USER.get(case.id, ())) == set()
    assert sent.wrong == {}
