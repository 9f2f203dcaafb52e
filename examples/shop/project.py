"""The shop's Alembic project, run from another program."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from alembic import command
from alembic.config import Config

from examples.shop import tables
from examples.shop.fill import fill, sizes_for
from examples.shop.progress import progress

SHOP = Path(__file__).resolve().parent
STOCK, OURS = "stock", "alembic"  # sections of alembic.ini
GUARD_OFF = "zdt.guard=off"


def config(section: str, *settings: str) -> Config:
    """Return the shop's configuration; its logging stays out of the program's output.

    Args:
        section: of ``alembic.ini``.
        settings: ``name=value``, as for ``alembic -x``.
    """
    options = argparse.Namespace(x=list(settings))
    made = Config(SHOP / "alembic.ini", ini_section=section, cmd_opts=options)
    made.attributes["configure_logger"] = False
    return made


def create(url: str, orders: int) -> None:
    """Create the shop's first tables in an empty database, and fill them."""
    os.environ["ZDT_DATABASE_URL"] = url
    began = time.monotonic()
    command.upgrade(config(STOCK), "0001")
    filling = f"filling the shop with {orders:,} orders"
    with progress(filling, sum(sizes_for(orders).values())) as advance:
        fill(url, orders, advance)
    took = tables.duration(time.monotonic() - began)
    tables.say(f"filled with {orders:,} orders in {took}")
