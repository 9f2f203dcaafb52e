"""Scripts of pgbench: what they send, and what is refused with its line."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.rehearsal import pgbench_scripts
from alembic_zdt.rehearsal.pgbench_expressions import compiled
from alembic_zdt.scratch.database_sessions import over

TRANSFER = r"""-- as the built-in script
\set aid random(1, 100)
\set delta random(-5, 5) \
    * 2
BEGIN;
UPDATE accounts SET balance = balance + :delta WHERE id = :aid;
INSERT INTO history VALUES (:aid, ':x'::text, '10:20');
END;
"""


def test_script_runs_as_a_transaction(db):
    db.execute("CREATE TABLE accounts (id int, balance int)")
    db.execute("INSERT INTO accounts SELECT n, 0 FROM generate_series(1, 100) n")
    db.execute("CREATE TABLE history (id int CHECK (id < 200), note text, at time)")
    assert pgbench_scripts.is_script("transfer.sql", TRANSFER)
    sender = pgbench_scripts.sender("transfer.sql", TRANSFER)
    failing = pgbench_scripts.sender(
        "t.pgbench", TRANSFER.replace("(:aid", "(:aid+200")
    )

    def work(connection):
        for _ in range(20):
            sender.send(Database(connection))
        with pytest.raises(DBAPIError, match="history_id_check"):
            failing.send(Database(connection))
        sender.send(Database(connection))

    over(db.url(), work)

    assert db.value("SELECT count(*) FROM history WHERE note = ':x'") == 21
    assert db.value("SELECT count(*) FROM accounts WHERE balance % 2 <> 0") == 0


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7 - :x * (2 + 1)", -8),
        ("least(4, :x, 9) + greatest(1, 2) + abs(-3)", 9),
        ("random(:x, 5)", 5),
        ("random_zipfian(3, 3, 1.001)", 3),
    ],
)
def test_expression_has_the_value_of_pgbench(expression, value):
    assert compiled(expression, {"x"})({"x": 5 if ":x" in expression else 0}) == value


@pytest.mark.parametrize(
    ("expression", "share"),
    [
        ("random(1, 10)", 0.1),
        ("random_gaussian(1, 10, 2.5)", 0.0168),
        ("random_exponential(1, 10, 4)", 0.336),
        ("random_zipfian(1, 10, 1.5)", 0.501),
    ],
)
def test_random_numbers_have_the_distribution_of_pgbench(expression, share):
    """The share of the first of ten numbers is that of the documented formula."""
    draw = compiled(expression, ())

    found = Counter(draw({}) for _ in range(20_000))

    assert {*found} == {*range(1, 11)}
    assert found[1] / 20_000 == pytest.approx(share, abs=0.012)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("\\set a 1\nSELECT 1;\n\\sleep 5 ms", r"t.sql:3: \sleep is not supported"),
        ("\\if 1", r"t.sql:1: \if is not supported"),
        ("\\set a", r"t.sql:1: cannot read \set a"),
        ("\\set a :b + 1", "t.sql:1: the variable :b is not set"),
        ("\\set a 1.5", "t.sql:1: 1.5 is not supported"),
        ("\\set a True", "t.sql:1: True is not supported"),
        ("\\set a 1 +", "t.sql:1: cannot read the expression 1 +"),
        ("\\set a 1 < 2", "t.sql:1: cannot read the expression 1 < 2"),
        ("\\set a permute(0, 5)", "t.sql:1: the function permute is not supported"),
        ("\\set a random(1)", "t.sql:1: the function random has a wrong number of"),
        ("\\set a abs(1, 2)", "t.sql:1: the function abs has a wrong number of"),
        ("\\set a random_zipfian(1, 5)", "function random_zipfian has a wrong number"),
        (
            "\\set a 1\n\\set b random_gaussian(1, 5, :a)",
            "the parameter :a is not a nu",
        ),
        (
            "\\set a random_gaussian(1, 5, 1.5)",
            "random_gaussian takes no parameter 1.5",
        ),
        ("\\set a 1", 'there are no statements in "t.sql"'),
        ("\\set a 1\nBEGIN; SELECT 1;", 'the script "t.sql" ends inside a transaction'),
    ],
)
def test_what_is_not_supported_is_refused(script, message):
    with pytest.raises(UsageError) as raised:
        pgbench_scripts.sender("t.sql", script)

    assert message in raised.value.primary
