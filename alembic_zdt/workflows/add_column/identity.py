"""An identity for existing rows.

``ADD COLUMN ... AS IDENTITY`` rewrites the whole table.  ``ADD GENERATED ... AS
IDENTITY`` for a column that is NOT NULL takes milliseconds, but starts a new sequence.
So a temporary sequence of this package first numbers old and new rows.  At the end the
identity's own sequence continues with the next value.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.catalog import column as catalog
from alembic_zdt.catalog import rights
from alembic_zdt.errors import UsageError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import NUMBERS, QualifiedName, distinct, literal, quote
from alembic_zdt.operations.constraints.validation import LOOK_SECONDS
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.server_facts import TableFacts
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step
from alembic_zdt.workflows.add_column.base import AddedColumn
from alembic_zdt.workflows.add_column.declared_identity import DeclaredIdentity

_MOST_ROWS = 2**63 - 1
_SMALLEST_ROW = 28  # bytes, with its line pointer


@dataclass(frozen=True)
class AddedIdentity:
    """The temporary sequence, and the identity that replaces it.

    Attributes:
        table: the table.
        added: the column.
        identity: the declared identity.
        facts: facts of the table.
    """

    table: QualifiedName
    added: AddedColumn
    identity: DeclaredIdentity
    facts: TableFacts

    @property
    def sequence(self) -> QualifiedName:
        """Return the temporary sequence, in the table's schema as OWNED BY requires."""
        name = distinct(NUMBERS, self.table.name, self.added.name)
        return self.facts.located(self.table).sibling(name)

    @property
    def filling(self) -> Definition:
        """Return the backfill, which gives a number to each row that has none."""
        where = f"{quote(self.added.name)} IS NULL"
        return Definition(
            self.table,
            {self.added.name: self._next},
            where=where,
            directive="expand_add_column",
        )

    @property
    def is_begun(self) -> str:
        """Return SQL that is true if the temporary sequence numbers the column."""
        has_default = catalog.has_default(self.table, self.added.name)
        return f"({self.sequence.regclass} IS NOT NULL AND {has_default})"

    def preconditions(self) -> tuple[Precondition, ...]:
        """Refuse a table with more rows than the identity has numbers."""
        numbers = self.identity.numbers
        if numbers is None or numbers > _MOST_ROWS:
            return ()
        size = (
            "coalesce((SELECT pg_catalog.sum(pg_catalog.pg_relation_size(relid))"
            f" FROM pg_catalog.pg_partition_tree({self.table.regclass})),"
            f" pg_catalog.pg_relation_size({self.table.regclass}))"
        )
        # A table that is too small to hold so many rows is not counted.
        more = (
            f"SELECT 'more rows' WHERE CASE WHEN {size} / {_SMALLEST_ROW} > {numbers}"
            f" THEN EXISTS (SELECT FROM {self.table.sql} OFFSET {numbers}) END"
        )
        return (Precondition(more, self._too_few, max_seconds=LOOK_SECONDS),)

    def _too_few(self, _rows: Sequence[Row]) -> ZdtError:
        words, numbers = f"{self.table.label}.{self.added.name}", self.identity.numbers
        return UsageError(
            f'the identity of "{words}" has only {numbers} numbers',
            detail=f"The table has more than {numbers} rows.",
            hint="Choose a larger type, or other values for sa.Identity().",
            table=self.table.label,
            column=self.added.name,
        )

    def beginning(self) -> tuple[str, ...]:
        """Return the statements that number new rows, run with ADD COLUMN.

        An INSERT needs a right on this sequence, but none on that of an identity.
        """
        ours = self.sequence.sql
        options = f"AS {self.added.cast} {self.identity.options}".rstrip()
        return (
            f"CREATE SEQUENCE {ours} {options}",
            f"GRANT USAGE ON SEQUENCE {ours} TO PUBLIC",
            # PostgreSQL requires that a sequence and its table have one owner.
            do_block([rights.running(rights.owned_alike(self.sequence, self.table))]),
            f"{self._column} SET DEFAULT {self._next}",
            f"ALTER SEQUENCE {ours} OWNED BY {self._words}",
        )

    def ending(self) -> Step:
        """Return the step that makes the identity continue the sequence's numbers."""
        ours, column = self.sequence.sql, self.added.name
        own = (
            f"pg_catalog.pg_get_serial_sequence({literal(self.table.sql)},"
            f" {literal(column)})::pg_catalog.regclass"
        )
        of = f"FROM {ours}"
        tree = self.facts.is_partitioned
        return Step(
            purpose=f'let "{self.table.label}.{column}" number rows by itself',
            statements=(
                f"{self._column} DROP DEFAULT",
                f"ALTER SEQUENCE {ours} OWNED BY NONE",
                f"{self._column} ADD {self.identity.declared}",
                do_block(
                    (f"PERFORM pg_catalog.setval({own}, last_value, is_called) {of};",)
                ),
                f"DROP SEQUENCE {ours}",
            ),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self.table, tree=tree),),
            skip_if=SkipCondition(
                catalog.is_identity(self.table, column), "it is an identity"
            ),
        )

    @property
    def _next(self) -> str:
        sequence = f"CAST({literal(self.sequence.sql)} AS pg_catalog.regclass)"
        return f"pg_catalog.nextval({sequence})"

    @property
    def _column(self) -> str:
        return f"ALTER TABLE {self.table.sql} ALTER COLUMN {quote(self.added.name)}"

    @property
    def _words(self) -> str:
        return f"{self.table.sql}.{quote(self.added.name)}"
