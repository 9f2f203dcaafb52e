"""The tables that are backfilled, and the ways to do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.project import Project, forget
from examples.shop import server

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMN = "total_big"
VALUE = "total_cents"
SEED = "seed_orders"
# What a new deploy would write itself, here a default does.
ADD_COLUMN = f"ALTER TABLE orders ADD COLUMN {COLUMN} bigint"
NEW_ROWS = f"ALTER TABLE orders ALTER COLUMN {COLUMN} SET DEFAULT 0"

TWO_INDEXES = (
    "CREATE INDEX ON orders (user_id)",
    "CREATE INDEX ON orders (placed_at)",
)
SIX_INDEXES = (
    *TWO_INDEXES,
    "CREATE INDEX ON orders (total_cents)",
    "CREATE INDEX ON orders (status, placed_at)",
    "CREATE INDEX ON orders (currency, user_id)",
    "CREATE INDEX ON orders (note)",
)


@dataclass(frozen=True)
class Case:
    """A shape of the table ``orders``.

    Attributes:
        name: what ``--only`` takes.
        indexes: beside the primary key.
        fillfactor: of the table; 50 leaves room for every row again.
        snapshot: a snapshot from before stays open all the while.
    """

    name: str
    indexes: tuple[str, ...] = ()
    fillfactor: int = 100
    snapshot: bool = False

    @property
    def setup(self) -> tuple[str, ...]:
        """Statements that make the table anew from the seed."""
        return (
            "DROP TABLE IF EXISTS orders",
            (
                f"CREATE TABLE orders (LIKE {SEED}"
                " INCLUDING DEFAULTS INCLUDING IDENTITY)"
                f" WITH (fillfactor = {self.fillfactor})"
            ),
            f"INSERT INTO orders OVERRIDING SYSTEM VALUE SELECT * FROM {SEED}",
            (
                "SELECT setval(pg_get_serial_sequence('orders', 'id'), max(id))"
                " FROM orders"
            ),
            "ALTER TABLE orders ADD PRIMARY KEY (id)",
            ADD_COLUMN,
            NEW_ROWS,
            *self.indexes,
            "VACUUM ANALYZE orders",
            "CHECKPOINT",
        )


CASES = (
    Case("two-indexes", TWO_INDEXES),
    Case("six-indexes", SIX_INDEXES),
    Case("primary-key", ()),
    Case("room", TWO_INDEXES, fillfactor=50),
    Case("indexed", (*TWO_INDEXES, f"CREATE INDEX ON orders ({COLUMN})")),
    Case("snapshot", TWO_INDEXES, snapshot=True),
)

BACKFILL = f'op.backfill("orders", {{"{COLUMN}": "{VALUE}"}})\n'
OUR_OP = "from alembic_zdt import op\n"  # works in a checkout, too
PLAIN_RANGES = """\
from alembic_zdt.backfill import worker
from alembic_zdt.backfill.page_fill import PageFill
worker.PageFill = lambda **_: PageFill(indexed=True, dense=1)
try:
    {}finally:
    worker.PageFill = PageFill
"""

# As a tool does it whose old and new programs see views of two schemas: a trigger for
# each direction asks for whom it runs, knows all columns, and clears a marker; batches
# in the order of the key set a row to itself.
FOR_WHOM = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  id orders.id%TYPE := NEW.id;
  user_id orders.user_id%TYPE := NEW.user_id;
  status orders.status%TYPE := NEW.status;
  currency orders.currency%TYPE := NEW.currency;
  total_cents orders.total_cents%TYPE := NEW.total_cents;
  note orders.note%TYPE := NEW.note;
  placed_at orders.placed_at%TYPE := NEW.placed_at;
  total_big orders.total_big%TYPE := NEW.total_big;
  path text;
BEGIN
  SELECT current_setting INTO path FROM current_setting('search_path');
  IF path {operator} 'new_program' THEN
    NEW.{target} := {source};
    NEW.needs_backfill := false;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION {name}();
"""
MARKER = (
    "ALTER TABLE orders ADD COLUMN needs_backfill boolean DEFAULT true;"
    + FOR_WHOM.format(name="up", operator="<>", target=COLUMN, source=VALUE)
    + FOR_WHOM.format(name="down", operator="=", target=VALUE, source=COLUMN)
)
UNMARK = """
DROP FUNCTION IF EXISTS up() CASCADE;
DROP FUNCTION IF EXISTS down() CASCADE;
ALTER TABLE orders DROP COLUMN IF EXISTS needs_backfill
"""
MARKED_BATCH = """
WITH batch AS (
  SELECT id FROM orders WHERE id > %s AND needs_backfill = true
  ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
), changed AS (
  UPDATE orders SET id = orders.id FROM batch WHERE orders.id = batch.id
  RETURNING orders.id
)
SELECT max(id) FROM changed
"""


def one_update(url: str) -> None:
    """Everything in one statement, as a stock revision would."""
    server.command(url, f"UPDATE orders SET {COLUMN} = {VALUE}")


def ours(url: str) -> None:
    """``op.backfill()`` as it comes."""
    _upgrade(url, OUR_OP + BACKFILL)


def ours_in_whole_pages(url: str) -> None:
    """``op.backfill()`` without taking a few rows of each page at a time."""
    _upgrade(url, OUR_OP + PLAIN_RANGES.format(BACKFILL))


def key_and_marker(url: str) -> None:
    """Batches of 1,000 in the order of the key, with a marker column."""
    last: int | None = 0
    with server.connect(url) as connection:
        connection.execute(MARKER)
        while last is not None:
            row = connection.execute(MARKED_BATCH, [last]).fetchone()
            last = row[0] if row else None
        connection.execute(UNMARK)


def _upgrade(url: str, body: str) -> None:
    forget(url)
    server.command(url, "DROP TABLE IF EXISTS alembic_zdt_backfill CASCADE")
    server.command(url, "DROP TABLE IF EXISTS alembic_zdt_backfill_slice")
    with Project([body]) as project:
        project.upgrade()


UPDATE, OURS, RANGES, MARKER_WAY = "one UPDATE", "ours", "whole pages", "key + marker"
WAYS: dict[str, Callable[[str], None]] = {
    UPDATE: one_update,
    OURS: ours,
    RANGES: ours_in_whole_pages,
    MARKER_WAY: key_and_marker,
}
