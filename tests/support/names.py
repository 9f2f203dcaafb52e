"""Names that break code which forgets to quote, to escape or to count bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.db import Db, quoted


@dataclass(frozen=True)
class Names:
    """The names of one test's table, columns, index and constraint.

    ``schema`` is ``None`` where the operation is called without ``schema=``.
    """

    table: str
    column: str
    new_column: str
    index: str
    constraint: str
    schema: str | None = None

    @property
    def t(self) -> str:
        """The table for plain SQL, quoted and qualified."""
        table = quoted(self.table)
        return table if self.schema is None else f"{quoted(self.schema)}.{table}"

    @property
    def c(self) -> str:
        """The column for plain SQL."""
        return quoted(self.column)

    @property
    def n(self) -> str:
        """The new column for plain SQL."""
        return quoted(self.new_column)


PLAIN = Names("users", "email", "mail", "ix_users_email", "ck_users_email")

TABLE = {
    "plain": PLAIN,
    "mixed-case": Names("Order", "unitPrice", "netPrice", "IX_Order", "CK_Order"),
    "reserved": Names("select", "from", "where", "index", "check"),
    "punctuation": Names(
        'or"der :x %s', 'e-mail "%(a)s"', "new 'col' :b", 'ix :"i" 100%', "ck %s {c}"
    ),
    "63-bytes-wide": Names(
        "ü" * 31 + "t", "é" * 31 + "c", "ñ" * 31 + "n", "ï" * 31 + "i", "ķ" * 31 + "k"
    ),
    "63-bytes": Names("t" * 63, "c" * 63, "n" * 63, "i" * 63, "k" * 63),
    "other-schema": Names(
        "users", "email", "mail", "ix_users_email", "ck_users_email", schema="billing"
    ),
    "exotic-schema": Names(
        "Order", "select", "from", "ix Order", "ck Order", schema='Bill "ing": 5%'
    ),
}


def names_in(db: Db, case: str) -> Iterator[Names]:
    """Yield one row of the table; its schema exists for that long."""
    names = TABLE[case]
    if names.schema is None:
        yield names
        return
    db.execute(f"CREATE SCHEMA {quoted(names.schema)}")
    yield names
    db.execute(f"DROP SCHEMA {quoted(names.schema)} CASCADE")


every_name = pytest.mark.parametrize("names", list(TABLE), indirect=True)
