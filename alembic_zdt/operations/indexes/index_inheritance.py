"""Properties that a new index takes over from the index that it replaces.

https://www.postgresql.org/docs/current/sql-alterindex.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from alembic_zdt.catalog import index as catalog
from alembic_zdt.catalog import index_belongings
from alembic_zdt.catalog.index_belongings import Belongings
from alembic_zdt.errors import PreconditionError, ZdtError
from alembic_zdt.locks import LockMode
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.operations.indexes.index_steps import analyze
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, RelationLock, Row, SkipCondition, Step

_CLUSTERABLE = ("btree", "gist")
_IDENTITY = (
    "is the replica identity",
    (
        "The new index cannot be the replica identity: such an index is unique, on "
        "NOT NULL columns, without WHERE."
    ),
    "First reset the replica identity: ALTER TABLE {table} REPLICA IDENTITY DEFAULT.",
)
_CLUSTER = (
    "has the CLUSTER mark",
    "The new index cannot have it: only a btree or gist index without WHERE can.",
    "Remove the mark first, by ALTER TABLE {table} SET WITHOUT CLUSTER.",
)
_PLACE = (
    "is in a tablespace",
    "A script does not know which one when it is written.",
    "Pass postgresql_tablespace=, or run this revision online.",
)


@dataclass(frozen=True)
class Inheritance:
    """The transfer of properties from an old index to the one that replaces it.

    Attributes:
        spec: the new definition, with the name that both indexes get.
        temporary: the name of the new index until the old one is dropped.
    """

    spec: IndexSpec
    temporary: str

    @property
    def _table(self) -> QualifiedName:
        return self.spec.table

    @property
    def _name(self) -> str:
        return str(self.spec.name)

    # ---------------------------------------------------------------- preconditions

    def able(self, *, online: bool) -> Iterator[Precondition]:
        """Refuse a new index that cannot take over every property of the old one."""
        identifies = self._has("i.indisreplident")
        if self._may_identify:
            columns = self.spec.plain_columns or ()
            nullable = index_belongings.nullable(self._table, columns)
            identifies = f"({identifies} AND {nullable})"
        yield self._refused(identifies, *_IDENTITY)
        if not self._may_cluster:
            yield self._refused(self._has("i.indisclustered"), *_CLUSTER)
        if not online and not self.spec.tablespace:
            yield self._refused(self._has("c.reltablespace <> 0"), *_PLACE)

    def _has(self, mark: str) -> str:
        return index_belongings.has(self._name, self._table, mark)

    @property
    def _is_partial(self) -> bool:
        return self.spec.options.get("postgresql_where") is not None

    @property
    def _may_identify(self) -> bool:
        is_plain = self.spec.plain_columns is not None and not self._is_partial
        return self.spec.unique and is_plain

    @property
    def _may_cluster(self) -> bool:
        method = self.spec.options.get("postgresql_using") or "btree"
        return method in _CLUSTERABLE and not self._is_partial

    def _refused(self, found: str, has: str, detail: str, hint: str) -> Precondition:
        def refused(_rows: Sequence[Row]) -> ZdtError:
            return PreconditionError(
                f'cannot replace index "{self._name}": it {has}',
                detail=detail,
                hint=hint.format(table=self._table.sql),
                index=self._name,
            )

        return Precondition(f"SELECT 1 WHERE {found}", refused)

    # ------------------------------------------------------------------------- steps

    def placed(self, temporary: IndexSpec, old: Belongings | None) -> IndexSpec:
        """Return the new index in the old tablespace, unless the call names one.

        Args:
            temporary: the new index.
            old: the properties of the old index, None if unknown.
        """
        if old is None or not old.tablespace or self.spec.tablespace:
            return temporary
        place = {"postgresql_tablespace": old.tablespace}
        return replace(temporary, options=temporary.options | place)

    def steps(self, server: Server, old: Belongings | None) -> Iterator[Step]:
        """Yield the steps that run while both indexes exist."""
        if old or not server.online:
            yield self._hand_over()
        if self._may_identify and (
            not server.online or (old and old.is_replica_identity)
        ):
            yield self._identify()
        if self.spec.plain_columns is None:
            yield self._analyze()

    def _hand_over(self) -> Step:
        found = index_belongings.handing_over(self._name, self.temporary, self._table)
        return Step(
            purpose=f'copy the other properties of "{self._name}" to the new index',
            statements=(
                do_block(
                    (
                        f"FOR zdt_found IN {found} LOOP",
                        "  EXECUTE zdt_found;",
                        "END LOOP;",
                    ),
                    ("zdt_found pg_catalog.text",),
                ),
            ),
            locks=(RelationLock(LockMode.SHARE_UPDATE_EXCLUSIVE, self._table),),
            skip_if=SkipCondition(
                f"(NOT EXISTS ({found}))", "the new index has all of them"
            ),
        )

    def _identify(self) -> Step:
        wanted = self._has("i.indisreplident")
        both = f"({wanted} AND {catalog.exists(self.temporary, self._table)})"
        return Step(
            purpose="make the new index the replica identity",
            statements=(
                (
                    f"ALTER TABLE {self._table.sql} REPLICA IDENTITY USING INDEX"
                    f" {quote(self.temporary)}"
                ),
            ),
            locks=(RelationLock(LockMode.ACCESS_EXCLUSIVE, self._table),),
            skip_if=SkipCondition(
                f"(NOT {both})", f'"{self._name}" is not the replica identity'
            ),
        )

    def _analyze(self) -> Step:
        """Gather the statistics of the expressions before the old index is dropped."""
        step = analyze(replace(self.spec, name=self.temporary))
        gone = f"NOT {catalog.exists(self.temporary, self._table)}"
        return step.skipped_also(gone)
