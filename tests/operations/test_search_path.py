"""Nothing of ours is found by the search_path, whatever others have put into it.

A schema of traps stands before pg_catalog in the path: each trap fits at least as well
as what it shadows, and tells who used it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
import sqlalchemy as sa

from alembic_zdt.checks.registry import all_checks
from alembic_zdt.cli import main
from alembic_zdt.connection import database as database_module
from alembic_zdt.connection.database import Database
from alembic_zdt.runner import partition_cost
from alembic_zdt.sql_tokens import without_strings
from tests.operations.case import SHOP
from tests.operations.cases import CASES
from tests.runner.script.scripts import scripts_of, without_versions
from tests.support.db import Db
from tests.support.parsed import left_to_the_path, meaning
from tests.support.project import Project
from tests.support.traps import SCHEMA, SIGN, Caught, listening, make_traps

every_case = pytest.mark.parametrize("case", [pytest.param(c, id=c.id) for c in CASES])


@pytest.fixture(scope="module")
def trapped(lasting) -> Iterator[None]:
    """The traps are in the worker's database."""
    make_traps(lasting.connection)
    yield
    lasting.connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


@pytest.fixture
def path(db: Db, trapped) -> None:
    """New sessions look into the traps first."""
    db.execute(
        f"ALTER DATABASE {db.database} SET search_path = {db.schema}, {SCHEMA},"
        " pg_catalog"
    )


@cache
def wrong(plain: str, sent: str) -> list[str]:
    """What a statement leaves to the path, and whether it means something else.

    A plain string with a backslash means something else with
    ``standard_conforming_strings = off``.
    """
    left = left_to_the_path(sent)
    left += [s for s in without_strings(sent)[1] if s[0] == "'" and "\\" in s]
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
    "index-gin": ("to_tsvector",),
    "index-with-everything": ("lower", "text <> text"),
    "check": ("int4 >= int4",),
    "check-construct": ("text ~~ text",),
    "check-partitioned": ("int4 > int4",),
    "check-then-validate": ("int4 >= int4",),
    "alter-type-stored-alike": ("type text",),
}


@every_case
def test_no_directive_finds_anything_by_the_path(db, path, project, case, sent, caught):
    """Up and down, and again by the script that psql runs."""
    for statement in case.setup:
        db.execute(statement)
    project.revision("r1", case.upgrade, case.downgrade)

    project.upgrade("head")
    project.downgrade("base")

    of_the_user = OF_THE_USER.get(case.id, ())
    assert caught.but(*of_the_user) == set()
    assert sent.wrong == {}
    if case.offline and case.traceless:
        scripts = map(without_versions, scripts_of(project, case, "psql"))
        done = project.psql("\n".join(scripts), f"{db.schema},{SCHEMA},pg_catalog").ok()
        heard = (line for line in done.stderr.splitlines() if SIGN in line)
        assert {each for each in heard if not is_about(each, of_the_user)} == set()


def test_cost_of_many_partitions_is_not_measured_by_the_path(db, path, project, caught):
    """With as many as are measured."""
    db.execute("CREATE TABLE events (id int, kind int) PARTITION BY LIST (id)")
    for number in range(partition_cost.FEW):
        values = f"FOR VALUES IN ({number})"
        db.execute(f"CREATE TABLE events_{number} PARTITION OF events {values}")
    project.revision("r1", 'op.add_not_null_two_phase("events", "kind")')

    project.upgrade()

    assert caught.but() == set()


def is_about(line: str, of_the_user: tuple[str, ...]) -> bool:
    """Whether it is an expression of the user that a trap has seen."""
    return any(f"{SIGN}: {what} in " in line for what in of_the_user)


def run(project: Project, *arguments: str) -> None:
    """Run our program in this process, whatever its exit code."""
    try:
        main(["-c", str(project.ini), *arguments])
    except SystemExit:
        return


QUEUED = """\
op.backfill("users", {"name": "'x'"}, where="name IS NULL", mode="background")
"""
COMMANDS = (
    ("doctor",),
    ("status",),
    ("plan",),
    ("plan", "--downgrade", "base"),
    ("wait", "--timeout", "0s"),
    ("wait", "--timeout", "0s", "--compatible"),
    ("backfill", "status"),
    ("backfill", "run"),
    ("upgrade", "head"),
    ("contract",),
    ("check",),
    ("revision", "--autogenerate", "-m", "next"),
)
MODELS = """
metadata = sa.MetaData()
kinds = sa.Enum("a", "b", name="kind")
sa.Table(
    "users", metadata, sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("mail", sa.String(200), index=True, nullable=False),
    sa.Column("name", sa.Text, server_default="x"), sa.Column("kind", kinds),
)
sa.Table(
    "buyers", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id")), sa.CheckConstraint("id > 0"),
)
"""


def test_no_command_finds_anything_by_the_path(db, path, project, sent, caught):
    """With a window that is open, and a backfill that is queued."""
    for statement in SHOP:
        db.execute(statement)
    project.models(MODELS)
    project.rewriting()
    project.revision("r1", "op.expand_rename_column('users', 'email', 'mail')")
    project.revision("r2", QUEUED)
    project.revision("r3", "op.migrate_rename_column('users', 'email', 'mail')")
    project.upgrade("r2")

    for command in COMMANDS:
        run(project, *command)

    assert caught.but() == set()
    assert sent.wrong == {}


def test_no_check_asks_anything_by_the_path(db, path, project, sent, caught):
    """Each bad example, linted against the tables that it is about."""
    url = db.url()
    for check in all_checks().values():
        db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
        db.execute(check.setup)
        project.revision("r1", check.bad)
        run(project, "-x", "zdt.small_table_rows=0", "lint", "--database", url)

    assert caught.but() == set()
    assert sent.wrong == {}


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT 1 = 1", "int4 = int4"),
        ("SELECT FROM pg_catalog.pg_class WHERE relname = 'x'::text", "name = text"),
        ("SELECT lower('A')", "lower"),
        (
            "SELECT pg_catalog.min(n) FROM (VALUES (1)) v (n) HAVING count(*) > 0",
            "aggr",
        ),
        ("SELECT 1::oid", "type oid"),
        ("SELECT FROM pg_class LIMIT 1", "pg_class"),
    ],
)
def test_traps_tell_of_what_is_found_by_the_path(db, path, caught, sql, what):
    """As a statement of ours would be heard, if it were not qualified."""
    engine = sa.create_engine(db.url(), poolclass=sa.NullPool)
    with engine.connect() as connection:
        Database(connection).rows(sql, as_written=True)

    assert any(each.startswith(what) for each in caught.said)
