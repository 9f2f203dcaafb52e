"""Functions as the work of an application."""

from __future__ import annotations

import sys

import pytest

from alembic_zdt.connection.database import Database
from alembic_zdt.errors import UsageError
from alembic_zdt.rehearsal.traffic_sources import senders_of
from alembic_zdt.scratch.database_sessions import over

MODULE = """
from sqlalchemy import text

NUMBER = 5
async def later(connection): pass
def each(connection): yield

def buy(connection):
    connection.execute(text("INSERT INTO orders VALUES (:n)"), {"n": 1})
    if connection.scalar(text("SELECT count(*) FROM orders")) > 2:
        raise KeyError("sold out")
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module in the folder of the command, which is not on Python's path."""
    monkeypatch.chdir(tmp_path)
    path = [each for each in sys.path if each not in ("", ".")]
    monkeypatch.setattr(sys, "path", path)
    (tmp_path / "zdt_shop.py").write_text(MODULE)
    yield "zdt_shop"
    sys.modules.pop("zdt_shop", None)


def test_function_runs_in_a_transaction_of_its_own(db, driver, module):
    """Statements of other senders on the same connection are not part of it."""
    db.execute("CREATE TABLE orders (id int)")
    (sender,) = senders_of(f"{module}:buy")

    def work(connection):
        database = Database(connection)
        for _ in range(2):
            sender.send(database)
            database.execute("SELECT 1")
        with pytest.raises(KeyError, match="sold out"):
            sender.send(database)
        database.execute("INSERT INTO orders VALUES (2)")

    over(db.url(driver), work)

    assert sender.name == "zdt_shop:buy"
    assert db.value("SELECT array_agg(id ORDER BY id) FROM orders") == [1, 1, 2]


@pytest.mark.parametrize(
    ("source", "message", "detail"),
    [
        (
            "zdt_missing:buy",
            'cannot import the module "zdt_missing"',
            "No module named",
        ),
        ("zdt_shop:sell", 'no function "sell" in the module "zdt_shop"', None),
        ("zdt_shop:NUMBER", 'no function "NUMBER" in the module', None),
        ("zdt_shop:later", '"later" in the module "zdt_shop" does nothing', "async"),
        ("zdt_shop:each", '"each" in the module "zdt_shop" does nothing', "generator"),
        (
            "zdt_broken:buy",
            'cannot import the module "zdt_broken"',
            "ZeroDivisionError",
        ),
    ],
)
@pytest.mark.usefixtures("module")
def test_what_cannot_be_imported_is_refused(tmp_path, source, message, detail):
    (tmp_path / "zdt_broken.py").write_text("1 / 0")

    with pytest.raises(UsageError) as raised:
        senders_of(source)

    assert message in raised.value.primary
    assert (detail or "") in (raised.value.detail or "")
