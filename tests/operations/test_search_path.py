"""Nothing of ours is found by the search_path, whatever others have put into it.

A schema of traps stands first in the path, and pg_catalog last: each trap fits at least
as well as what it shadows, and tells who used it.
"""

from __future__ import annotations

from collections.abc import Iterator

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
        f"ALTER DATABASE {db.database} SET search_path = {SCHEMA}, {db.schema},"
        " pg_catalog"
    )


class Sent:
    """The statements of ours that were sent, before and after they were qualified."""

    def __init__(self) -> None:
        self.ours: dict[str, str] = {}


@pytest.fixture
def sent(monkeypatch) -> Sent:
    """Keep the questions that are asked."""
    found, real = Sent(), database_module.qualified

    def keep(sql: str) -> str:
        found.ours[sql] = real(sql)
        return found.ours[sql]

    monkeypatch.setattr(database_module, "qualified", keep)
    return found


@pytest.fixture
def caught() -> Iterator[Caught]:
    with listening() as found:
        yield found


@every_case
def test_no_directive_finds_anything_by_the_path(db, path, project, case, sent, caught):
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)

    project.upgrade("head")
    project.downgrade("base")

    open("/tmp/said.txt", "a").writelines(
        f"{case.id}: {e!r}\n" for e in dict.fromkeys(caught.said)
    )  # XXX
    open("/tmp/left.txt", "a").writelines(
        f"{case.id}: {left_to_the_path(q)} {q!r}\n"
        for q in sent.ours.values()
        if left_to_the_path(q)
    )  # XXX
    open("/tmp/mean.txt", "a").writelines(
        f"{q!r}\n{n!r}\n" for q, n in sent.ours.items() if meaning(q) != meaning(n)
    )  # XXX
    assert sorted(set(caught.said)) == []
    assert [sql for sql in sent.ours.values() if left_to_the_path(sql)] == []
    assert [sql for sql, now in sent.ours.items() if meaning(sql) != meaning(now)] == []
