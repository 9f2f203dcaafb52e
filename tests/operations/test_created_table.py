"""A stock table whose enum type or domain is there already."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DuplicateObjectError
from tests.operations.test_skips import run_online, run_script

TABLE = (
    "op.create_table('orders', sa.Column('id', sa.Integer(), primary_key=True),"
    " sa.Column('state', {}, nullable=False), if_not_exists=True)"
)
STATE = "sa.Enum('new', 'paid', name='state')"
DOMAIN = (
    "sa.dialects.postgresql.DOMAIN('State', sa.Text(), check=\"VALUE <> 'it''s :a'\")"
)
TYPES = {
    "enum": STATE,
    "array": f"sa.ARRAY({STATE})",
    "domain": DOMAIN,
    "domains": f"sa.ARRAY({DOMAIN})",
}
run_either = pytest.mark.parametrize("run", [run_online, run_script])


@run_either
@pytest.mark.parametrize("type_", TYPES.values(), ids=TYPES)
def test_it_can_be_made_again(db, run, type_):
    """A revision that was interrupted behind it begins with it again."""
    run(db, TABLE.format(type_))
    run(db, TABLE.format(type_))

    assert db.accepts(
        "INSERT INTO orders VALUES (1, 'paid')"
        if "ARRAY" not in type_
        else "INSERT INTO orders VALUES (1, '{paid}')"
    )


@run_either
def test_type_of_another_table_is_used(db, run):
    """It may have more values, which a later revision has added."""
    db.execute("CREATE TYPE state AS ENUM ('new', 'held', 'paid')")

    run(db, TABLE.format(STATE))

    assert db.refuses("INSERT INTO orders VALUES (1, NULL)", "23502")
    assert db.accepts("INSERT INTO orders VALUES (1, 'held')")


@pytest.mark.parametrize(
    "statement", ["CREATE TYPE state AS ENUM ('new')", "CREATE DOMAIN state AS text"]
)
def test_another_type_of_that_name_is_refused(db, statement):
    """Both are in the message."""
    db.execute(statement)

    with pytest.raises(DuplicateObjectError, match="Wanted: enum type state: new, p"):
        run_online(db, TABLE.format(STATE))

    assert db.is_true("SELECT to_regclass('orders') IS NULL")


SKIPPED = (
    "op.create_table('orders', sa.Column('id', sa.Integer(), primary_key=True),"
    " sa.Column('word', sa.String(20)), sa.Column('Sum', sa.Integer(),"
    " nullable=False), sa.Column('at', sa.DateTime()), if_not_exists=True)"
)
ADDED = "op.add_column('orders', sa.Column('word', sa.String(20)), if_not_exists=True)"


@pytest.mark.parametrize(
    ("call", "table", "words"),
    [
        (
            SKIPPED,
            'id int PRIMARY KEY, word varchar(9), "Sum" int, "old one" int',
            [
                "word is VARCHAR(9), wanted VARCHAR(20)",
                '"Sum" takes NULL',
                "at is missing",
                'the call lacks "old one"',
            ],
        ),
        (
            SKIPPED,
            'id int PRIMARY KEY, word varchar(20), "Sum" int NOT NULL, at timestamp',
            [],
        ),
        (ADDED, "id int, word text", ["word is TEXT, wanted VARCHAR(20)"]),
        (ADDED, "id int, word varchar(20)", []),
        (ADDED, "id int", []),
    ],
)
def test_skipped_table_with_other_columns_is_reported(db, caplog, call, table, words):
    """It is skipped as stock SQL does, and the log names what differs."""
    db.execute(f"CREATE TABLE orders ({table})")

    run_online(db, call)

    found = [each.getMessage() for each in caplog.records if " skips " in each.msg]
    assert len(found) == bool(words)
    assert [message.partition(": ")[2].split("; ") for message in found] == (
        [words] if words else []
    )


BEFORE = "op.create_index('ix', 'orders', ['word'], if_not_exists=True)\n"
DIRECTIVE = "op.drop_index_concurrently('old', 'orders', if_exists=True)"


@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    "made",
    ["CREATE INDEX ix ON orders (id)", "CREATE UNIQUE INDEX ix ON orders (word)"],
    ids=["columns", "unique"],
)
def test_stock_index_before_a_directive_is_not_another(db, project, driver, made):
    """The server would skip it by its name alone."""
    db.execute("CREATE TABLE orders (id int, word text)")
    db.execute(made)
    project.revision("r1", f"{BEFORE}{DIRECTIVE}")

    with pytest.raises(DuplicateObjectError, match=r"Wanted: .* \(word\)"):
        project.upgrade()

    db.execute("DROP INDEX ix")
    project.upgrade()
    project.revision("r2", f"{BEFORE}{DIRECTIVE}")
    project.upgrade()
    assert project.current == ["r2"]
