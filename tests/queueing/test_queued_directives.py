"""The other directives that can be queued."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UsageError
from tests.queueing.queued import CALL, INDEX, later

CREATE = 'op.create_check_constraint_two_phase("ck_n", "orders", "n > 0", {})'
CHECK = CREATE.format("validate=False")
VALIDATE = 'op.validate_constraint("ck_n", "orders")'
REINDEX = f'op.reindex_concurrently("{INDEX}")'
REPLACE = (
    f'op.replace_index_concurrently("{INDEX}", "orders", ["user_id", "n"], unique=True)'
)
DROP = f'op.drop_index_concurrently("{INDEX}", "orders")'


def node_of(db):
    """The file of the index."""
    return db.value(f"SELECT pg_relation_filenode('{INDEX}')")


def test_each_is_run_by_a_worker(orders):
    orders.queue(
        CALL,
        CHECK,
        later(VALIDATE, ", approve=True"),
        later(REINDEX),
        downgrade='op.drop_constraint_safely("ck_n", "orders")\n' + DROP,
    )
    before = node_of(orders.db)

    orders.work().ok()
    assert node_of(orders.db) != before
    assert not orders.db.is_validated("ck_n")
    orders.zdt("approve", "validate:orders.ck_n").ok()
    orders.work().ok()
    assert orders.db.is_validated("ck_n")
    assert orders.status("validate:orders.ck_n") == "finished"
    assert orders.status(f"reindex:{INDEX}") == "finished"

    orders.project.revision("b1", later(REPLACE), downgrade=f"{DROP}\n{CALL}")
    orders.project.revision("c1", later(DROP), downgrade=REPLACE)
    orders.project.upgrade("b1")
    orders.work().ok()
    assert orders.db.index(INDEX).is_unique
    orders.project.upgrade()
    orders.project.downgrade("b1")
    orders.work().ok()
    assert orders.indexes == {INDEX}
    orders.project.upgrade()
    orders.work().ok()
    assert not orders.indexes

    orders.project.downgrade()
    assert orders.project.current == []
    assert orders.db.value("SELECT count(*) FROM alembic_zdt_queue") == 0


def test_a_failed_validation_keeps_its_error(orders):
    orders.db.execute("UPDATE orders SET n = -1 WHERE id = 5")
    orders.db.execute("ALTER TABLE orders ADD CONSTRAINT ck_n CHECK (n > 0) NOT VALID")
    orders.queue(later(VALIDATE), downgrade="pass")

    assert 'rows of "orders" violate "ck_n"' in orders.work().output
    assert orders.status("validate:orders.ck_n") == "failed"

    orders.db.execute("ALTER TABLE orders DROP CONSTRAINT ck_n")
    orders.project.downgrade()
    assert orders.db.value("SELECT count(*) FROM alembic_zdt_queue") == 0


def test_a_backfill_waits_for_its_approval(orders):
    orders.db.execute("ALTER TABLE orders ADD COLUMN m int")
    orders.queue(
        'op.backfill("orders", {"m": "n"}, mode="background", approve=True)',
        'op.backfill("users", {"user_id": "id"}, where="user_id <> id",'
        ' mode="background")',
        downgrade="pass",
    )
    orders.work().ok()
    assert orders.db.value("SELECT count(m) FROM orders") == 0

    orders.zdt("approve", "backfill:orders.m").ok()
    orders.work().ok()

    assert orders.db.value("SELECT count(m) FROM orders") == 99
    rows = orders.db.rows("SELECT name, revision, status FROM alembic_zdt_backfill")
    assert sorted(rows) == [
        ("orders.m", "a1", "finished"),
        ("users.user_id", "a1", "finished"),
    ]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('op.backfill("orders", {"n": "1"}, approve=True)', r"has no effect without a"),
        (CREATE.format('mode="background"'), 'has no option "mode"'),
    ],
)
def test_what_cannot_be_queued_is_refused(orders, call, words):
    orders.project.revision("a1", call)

    with pytest.raises(UsageError, match=words):
        orders.project.upgrade()
