"""A change of a type by a cast, which must neither lose nor guess a value.

https://www.postgresql.org/docs/current/sql-expressions.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog.value_kinds import ValueKind, kept, kind_of_sql, needs_zone
from alembic_zdt.names import quote
from alembic_zdt.operations.columns import type_errors as errors
from alembic_zdt.operations.columns.narrowing import Narrowing
from alembic_zdt.operations.columns.time_zones import in_utc
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition
from alembic_zdt.workflows.column_type.base import Phases, RetypeOp


class CastingOp(RetypeOp):
    """A change of a column's type by a cast.

    Example::

        op.<directive>(
            "orders", "total", sa.BigInteger(), existing_type=sa.Integer()
        )

    Instead of::

        op.alter_column("orders", "total", type_=sa.BigInteger())
    """

    @property
    def phases(self) -> Phases:
        """Return the operations of the three phases."""
        from alembic_zdt.workflows.column_type import (  # noqa: PLC0415  # they import us
            contract,
            expand,
            migrate,
        )

        return Phases(
            expand.ExpandAlterColumnTypeOp,
            migrate.MigrateAlterColumnTypeOp,
            contract.ContractAlterColumnTypeOp,
        )

    def preconditions(self, server: Server) -> Sequence[Precondition]:
        """Refuse a cast that depends on the time zone, if there is no expression."""
        found = super().preconditions(server)
        old, new = self._given_kinds(server)
        if not self.using and old and new and needs_zone(old, new):
            expressions = in_utc(quote(self.column), quote(self.new_column), old, new)
            call = self._with_expressions(*expressions) if expressions else ""
            raise errors.of_zone(self.label, self.sql_type, call)
        return found

    def narrowing(self, server: Server) -> Narrowing | None:
        """Return the check for values that the cast could lose, None if not needed."""
        trial = self.trial(server)
        kinds = trial.kinds if trial else None
        if trial is None and not server.online:
            given, wanted = self._given_kinds(server)
            kinds = (given, wanted) if given and wanted else None
        if self.using or kinds is None or not kept(*kinds, "", ""):
            return None
        old = self._old_type(server)
        casts = (
            f"{quote(self.column)}::{self.sql_type.cast}",
            (f"{quote(self.new_column)}::{old}"),
        )
        return Narrowing(
            self.forth(server),
            kinds,
            (old, self.sql_type),
            self._with_expressions(*casts),
        )

    def _old_type(self, server: Server) -> str:
        trial = self.trial(server)
        if trial:
            return trial.original.cast
        return self.sql_existing.cast if self.sql_existing else ""

    def _given_kinds(self, server: Server) -> tuple[ValueKind | None, ValueKind | None]:
        return kind_of_sql(self._old_type(server)), kind_of_sql(self.sql_type.cast)

    def _with_expressions(self, using: str, reverse_using: str) -> str:
        """Return the call of the expand with ``using`` and ``reverse_using``."""
        positional, named = self.shared_arguments()
        named |= {"using": using, "reverse_using": reverse_using}
        return self.phases.expand(*positional, **named).call
