"""Two indexes of one name: does lint find a difference where the server does?"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from alembic_zdt.checks.index_definitions import definition, is_other
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.indexes.index_ddl import IndexSpec


def index(*columns, unique=False, **options):
    given = {f"postgresql_{name}": value for name, value in options.items()}
    columns = columns or ("a",)
    return IndexSpec("ix", QualifiedName("t"), columns, unique, given)


PLAIN = index()
OTHER = [
    index("b"),
    index("a", "b"),
    index(unique=True),
    index(where="a IS NOT NULL"),
    index(where=sa.text("a = 'A'")),
    index(where=sa.text("a = 'a'")),
    index(using="hash"),
    index(include=["b"]),
    index(include=["b", "c"]),
    index(ops={"a": "text_pattern_ops"}),
    index(**{"with": {"fillfactor": 70}}),
    index(**{"with": {"fillfactor": 80, "deduplicate_items": "off"}}),
    index(sa.text("a DESC")),
    index(sa.text("a NULLS FIRST")),
    index(sa.text("a DESC NULLS LAST")),
    index(sa.text('a COLLATE "C"')),
    index(sa.func.lower(sa.column("a"))),
    index(sa.text("upper(a)")),
]
SAME = [
    (PLAIN, index(sa.text("a"))),
    (PLAIN, index(sa.text('"a" ASC'))),
    (PLAIN, index(sa.text("a ASC NULLS LAST"))),
    (PLAIN, index(using="btree")),
    (PLAIN, index(ops={"a": "text_ops"})),
    (index(sa.text("a DESC")), index(sa.column("a").desc().nulls_first())),
    (index(sa.text("lower(a)")), index(sa.text("LOWER( a )"))),
    (index(sa.text("lower(a)")), index(sa.text("(lower(a))"))),
    (index(where="a IS NOT NULL"), index(where=sa.text("(a is not  null)"))),
    (
        index(**{"with": {"fillfactor": 80, "deduplicate_items": "off"}}),
        index(**{"with": {"deduplicate_items": "off", "fillfactor": 80}}),
    ),
]


@pytest.fixture
def spelled(db):
    """The server's spelling of a definition."""
    db.execute("CREATE TABLE t (a text, b int, c int)")

    def ask(spec):
        db.execute(definition(spec))
        found = db.value("SELECT pg_get_indexdef('ix'::regclass)")
        options = db.value("SELECT reloptions FROM pg_class WHERE relname = 'ix'")
        db.execute("DROP INDEX ix")
        return found.partition(" WITH ")[0], found.partition(" WHERE ")[2], options

    return ask


def test_lint_and_the_server_find_the_same_differences(spelled):
    for there in (PLAIN, *OTHER):
        for made in (PLAIN, *OTHER):
            assert is_other(made, there) is (made is not there), (made, there)
    for one, other in SAME:
        assert not is_other(one, other), other
        assert not is_other(other, one), other

    of_server = [spelled(each) for each in (PLAIN, *OTHER)]
    assert len(set(map(str, of_server))) == 1 + len(OTHER)
    for one, other in SAME:
        found, again = spelled(one), spelled(other)
        assert found[:2] == again[:2]
        assert sorted(found[2] or []) == sorted(again[2] or [])


def test_nulls_not_distinct_is_a_difference():
    assert is_other(index(unique=True, nulls_not_distinct=True), index(unique=True))
    assert is_other(index(unique=True), index(unique=True, nulls_not_distinct=True))


def test_tablespace_counts_where_it_is_wanted():
    assert is_other(index(tablespace="fast"), PLAIN)
    assert not is_other(PLAIN, index(tablespace="fast"))


def test_what_cannot_be_written_is_not_compared():
    unwritable = index(sa.column("a") == sa.bindparam("b", sa.types.NullType()))
    assert not is_other(unwritable, PLAIN)
    assert not is_other(PLAIN, unwritable)
