"""The definition of a backfill, as data that a row of the journal can hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.throttles.load_limits import LoadLimits

BATCH_SECONDS = 0.1


@dataclass(frozen=True)
class Definition:
    """The definition of a backfill: table, rows, new values and pace.

    Attributes:
        table: the table, its partitions and children included.
        values: column -> SQL expression over the columns of the row.
        where: an SQL condition, true for the rows that are not done. Without one, a
            row is not done if it has NULL in one of the columns although the expression
            for that column has a value.
        key: columns of a unique key in whose order the rows are visited; empty means
            the order in which the pages are stored.
        batch_rows: the number of rows in a transaction; 0 adapts it to
            ``batch_seconds``.
        batch_seconds: the seconds that a transaction should last.
        limits: what holds it back, as far as the call sets it.
        pause: the seconds to wait after each transaction.
        verify: whether to prove at the end that no row is left.
        directive: the directive that the backfill belongs to.
        triggers: ``fire`` or ``skip``; empty means that they fire, with a warning.
        existing_only: whether rows that are inserted meanwhile may be left as they are.
    """

    table: QualifiedName
    values: Mapping[str, str]
    where: str = ""
    key: tuple[str, ...] = ()
    batch_rows: int = 0
    batch_seconds: float = BATCH_SECONDS
    limits: LoadLimits = LoadLimits()
    pause: float = 0.0
    verify: bool = True
    directive: str = "backfill"
    triggers: str = ""
    existing_only: bool = False

    @property
    def default_name(self) -> str:
        """Return the table and its columns, for example ``users.email_lower``."""
        return f"{self.table.label}.{'+'.join(self.values)}"

    @property
    def alias(self) -> str:
        """Return the alias of the table in statements on one of its partitions."""
        return quote(self.table.name)

    @property
    def assignments(self) -> str:
        """Return the assignments of the UPDATE, without the word SET."""
        return ", ".join(self._assignment(*pair) for pair in self.values.items())

    @property
    def pending(self) -> str:
        """Return SQL that is true for a row that is not done."""
        if self.where:
            return f"({self.where})"
        # The column first: AND stops there, and a volatile function is not called.
        # A row type with a NULL inside is neither IS NULL nor IS NOT NULL.
        missing = (
            f"{self.alias}.{quote(column)} IS NULL AND NOT (({value}) IS NULL)"
            for column, value in self.values.items()
        )
        return "(" + " OR ".join(missing) + ")"

    @property
    def fingerprint(self) -> str:
        """Return a hash of the change, which does not depend on the pace."""
        what = [self.table.sql, dict(self.values), self.where, self.key]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]

    def _assignment(self, column: str, value: str) -> str:
        if not self.where and len(self.values) > 1:
            value = f"coalesce({self.alias}.{quote(column)}, {value})"
        return f"{quote(column)} = {value}"

    def as_json(self) -> str:
        """Return the definition as JSON for the journal."""
        return json.dumps(asdict(self) | {"limits": self.limits.given})

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Definition:
        """Build a definition from the journal, without keys of newer releases."""
        known = {name: found[name] for name in cls.__match_args__ if name in found}
        table = QualifiedName(**known.pop("table"))
        known["key"] = tuple(known.get("key", ()))
        known["limits"] = LoadLimits.from_json(known.get("limits", {}))
        return cls(table=table, **known)
