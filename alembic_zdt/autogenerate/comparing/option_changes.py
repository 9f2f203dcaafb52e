"""Changes of options of tables, columns and constraints that Alembic does not compare.

Where the model states nothing, the database may have anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Column, ForeignKeyConstraint, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.sql.elements import conv

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.autogenerate.found.alterations import FoundAlteration
from alembic_zdt.catalog.special_options import ConstraintOptions, RelationOptions
from alembic_zdt.names import literal, quote
from alembic_zdt.operations.calls.sql_text import DIALECT
from alembic_zdt.operations.columns.column_types import spelled
from alembic_zdt.operations.indexes.index_ddl import kept

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_zdt.autogenerate.comparing.expressions import Declared
    from alembic_zdt.catalog.special_options import SpecialOptions

_MATCHES = {"FULL": "f", "PARTIAL": "p"}
_DEFAULT = ConstraintOptions()


class OptionChanges:
    """The options of one table that differ.

    Args:
        context: Alembic's migration context.
        table: both sides.
        place: schema and name of the table in Alembic's operations.
        schema: the schema of tables that name none.
        special: the options of the database that are not the default.

    Attributes:
        unknown: the parts that are not compared.
        unwritten: differences that no operation removes.
    """

    def __init__(
        self,
        context: AutogenContext,
        table: Declared,
        place: tuple[str | None, str],
        schema: str | None,
        special: SpecialOptions,
    ) -> None:
        self.unknown: list[str] = []
        self.unwritten: list[str] = []
        self._context, self._table, self._place = context, table, place
        self._real = (str(table.model.schema or schema), table.present.table)
        self._special, self._default_schema = special, schema
        self._of = special.constraints.get(self._real, {})

    def of_table(self) -> None:
        """Note the options of the table and of its columns that differ."""
        there = self._special.relations.get(self._real, RelationOptions())
        for option, found in (
            ("partition_by", there.partition_key),
            ("tablespace", there.tablespace),
            ("using", there.method or "heap"),
            ("inherits", there.parents),
            ("with", there.storage),
        ):
            # SQLAlchemy 2.0 does not know each of them.
            wanted = self._table.model.dialect_kwargs.get(f"postgresql_{option}")
            if wanted and _plain(wanted) != _plain(found):
                self._differ(f"postgresql_{option}", found, wanted)
        is_unlogged = "UNLOGGED" in map(str.upper, self._table.model._prefixes)  # noqa: SLF001  # nothing public tells
        if is_unlogged and not there.is_unlogged:
            self._differ("prefixes", None, "UNLOGGED")
        for column in self._table.model.columns:
            self._of_column(column)
        self._of_primary_key()

    def _of_column(self, column: Any) -> None:
        name = str(column.name)
        real = {new: old for old, new in self._table.seen.columns.items()}
        there = self._special.collations.get((*self._real, real.get(name, name)))
        wanted = getattr(column.type, "collation", None)
        if wanted and wanted != there and name in self._columns:
            self._differ(f'collation of column "{name}"', there, wanted)
        if isinstance(column.type, DOMAIN) and name in self._columns:
            self._of_domain(column.type, name)
        has_value = self._table.present.defaults.get(real.get(name, name))
        if column.autoincrement is True and not has_value and name in self._columns:
            self._of_autoincrement(column)

    def _of_domain(self, domain: DOMAIN, column: str) -> None:
        """Note a domain, unless the server spells the domain as the model does."""
        place = (str(domain.schema or self._default_schema), str(domain.name))
        check = "" if domain.check is None else f"CHECK (({domain.check}))"
        default = "" if domain.default is None else str(domain.default)
        type_ = spelled(domain.data_type).lower()
        wanted = (type_, bool(domain.not_null), default, check)
        if self._special.domains.get(place) != wanted:
            label = f"{self._table.table.label}.{column}"
            self.unknown.append(f'domain "{domain.name}" of "{label}"')

    def _of_autoincrement(self, column: Any) -> None:
        schema, name = self._place
        rows = self._context.inspector.get_columns(name, schema=schema)
        has_identity = {row["name"] for row in rows if row.get("identity")}
        if column.server_default is None and column.name not in has_identity:
            self._differ(f'autoincrement of column "{column.name}"', None, "SERIAL")

    @property
    def _columns(self) -> set[str]:
        return {self._table.seen.column(name) for name in self._table.present.columns}

    def _differ(self, what: str, there: Any, wanted: Any) -> None:
        self.unwritten.append(
            f'{what} of "{self._table.table.label}": {_words(there)} in the database, '
            f"{_words(wanted)} in the models"
        )

    # ------------------------------------------------------------------ constraints

    def _of_primary_key(self) -> None:
        key = self._table.model.primary_key
        found = [(n, o) for n, o in self._of.items() if o.kind == "p"]
        name, there = found[0] if found else (None, _DEFAULT)
        columns = tuple(self._table.seen.names(there.columns))
        wanted = tuple(str(column.name) for column in key.columns)
        sides = [
            (columns, there.deferrable, there.deferred, there.included),
            (wanted, *_stated(key)),
        ]
        if wanted and sides[0] != sides[1]:
            self._differ("primary key", _key_words(*sides[0]), _key_words(*sides[1]))
        stated = contexts.final_name(key, DIALECT)
        if stated and name and stated != name:
            self.unknown.append(
                f'the name of the primary key of "{self._table.table.label}": '
                f'"{name}" in the database, "{stated}" in the models'
            )

    def of_constraints(
        self, found: list[Any], is_kept: Callable[[Any, Any, Any, Any], bool]
    ) -> Iterator[Any]:
        """Yield the operations for constraints that differ, except for new ones.

        Args:
            found: the operations that Alembic has found for the table.
            is_kept: the filters of env.py, which get the item, its name, its kind, and
                its counterpart in the database.
        """
        added: list[Any] = [op for op in found if isinstance(op, ops.AddConstraintOp)]
        new = {_columns_of(op) for op in added if op.constraint_name is None}
        names = {str(kept(op.constraint_name or "", "constraint")) for op in added}
        for item in sorted(self._table.model.constraints, key=_order):
            name, there = self._there(item)
            is_new = (name or _columns_of(item)) in names | new
            if is_new and name is not None:
                yield from self._comment(item, name, _DEFAULT, is_late=True)
            if is_new:
                continue
            if isinstance(item, UniqueConstraint):
                yield from self._unique(item, name, there, is_kept)
            elif isinstance(item, ForeignKeyConstraint):
                yield from self._foreign_key(item, name, there, is_kept)
            yield from self._comment(item, name, there)

    def _there(self, item: Any) -> tuple[str | None, ConstraintOptions]:
        """Return the name and options that the constraint has in the database."""
        name = contexts.final_name(item, DIALECT)
        if name is not None:
            return name, self._of.get(name, _DEFAULT)
        columns = sorted(str(column.name) for column in getattr(item, "columns", ()))
        for found, there in self._of.items():
            own = self._table.seen.names(there.columns)
            if there.kind == _KINDS.get(type(item)) and sorted(own) == columns:
                return found, there
        return None, _DEFAULT

    def _unique(
        self,
        item: UniqueConstraint,
        name: str | None,
        there: ConstraintOptions,
        is_kept: Callable[[Any, Any, Any, Any], bool],
    ) -> Iterator[Any]:
        if _stated(item) == (there.deferrable, there.deferred, there.included):
            return
        name = name or self._name_in_database(item)
        if name is None:
            return
        old = UniqueConstraint(
            *(str(column.name) for column in item.columns),
            name=conv(name),
            deferrable=there.deferrable or None,
            initially="DEFERRED" if there.deferred else None,
            postgresql_include=list(there.included) or None,
        )
        schema, table = self._place
        columns = (c._copy() for c in self._table.model.columns)  # noqa: SLF001  # as Alembic does
        Table(table, MetaData(), *columns, old, schema=schema)
        if is_kept(item, item.name, "unique_constraint", old):
            yield ops.DropConstraintOp.from_constraint(old)
            yield ops.AddConstraintOp.from_constraint(item)

    def _foreign_key(
        self,
        item: ForeignKeyConstraint,
        name: str | None,
        there: ConstraintOptions,
        is_kept: Callable[[Any, Any, Any, Any], bool],
    ) -> Iterator[Any]:
        wanted = _MATCHES.get(str(item.match or "").upper(), "s")
        if wanted == there.match and name is None:
            return
        schema, table = self._place
        names = [str(column.name) for column in item.columns]
        rows = self._context.inspector.get_foreign_keys(table, schema=schema)
        same = [row for row in rows if row["constrained_columns"] == names]
        if same and name not in (None, *(row["name"] for row in same)):
            self.unknown.append(
                f'the name of a foreign key of "{self._table.table.label}": '
                f'"{same[0]["name"]}" in the database, "{name}" in the models'
            )
        for row in same if wanted != there.match else ():
            if name in (None, row["name"]):
                old = _reflected(table, schema, row)
                if is_kept(item, item.name, "foreign_key_constraint", old):
                    yield ops.DropConstraintOp.from_constraint(old)
                    yield ops.AddConstraintOp.from_constraint(item)
                return

    def _name_in_database(self, item: UniqueConstraint) -> str | None:
        """Return the name that the server has chosen for a constraint."""
        schema, table = self._place
        rows = self._context.inspector.get_unique_constraints(table, schema=schema)
        columns = sorted(str(column.name) for column in item.columns)
        same = (r["name"] for r in rows if sorted(r["column_names"]) == columns)
        return next(same, None)

    def _comment(
        self,
        item: Any,
        name: str | None,
        there: ConstraintOptions,
        *,
        is_late: bool = False,
    ) -> Iterator[Any]:
        wanted = getattr(item, "comment", None)
        if wanted == there.comment:
            return
        if name is None:
            label = self._table.table.label
            columns = ", ".join(_columns_of(item))
            self.unknown.append(f'the comment on a constraint of "{label}": {columns}')
            return
        table = self._table.table
        start = f"COMMENT ON CONSTRAINT {quote(name)} ON {table.sql} IS "
        up, down = (
            start + ("NULL" if comment is None else literal(comment))
            for comment in (wanted, there.comment)
        )
        place = (table.schema, table.name, name)
        yield FoundAlteration(
            ("modify_constraint_comment", *place, there.comment, wanted),
            up,
            None if is_late else down,
            is_late=is_late,
        )


_KINDS = {UniqueConstraint: "u", ForeignKeyConstraint: "f"}


def _reflected(table: str, schema: str | None, row: Any) -> ForeignKeyConstraint:
    """Return a foreign key of the database, in a table of its own."""
    metadata = MetaData()
    parent = (row["referred_schema"], row["referred_table"])
    start = ".".join(part for part in parent if part)
    key = ForeignKeyConstraint(
        row["constrained_columns"],
        [f"{start}.{column}" for column in row["referred_columns"]],
        name=conv(row["name"]),
        **row.get("options", {}),
    )
    names = dict.fromkeys(row["constrained_columns"])
    if parent == (schema, table):
        names |= dict.fromkeys(row["referred_columns"])
    else:
        columns = map(Column, row["referred_columns"])
        Table(parent[1], metadata, *columns, schema=parent[0])
    Table(table, metadata, *map(Column, names), key, schema=schema)
    return key


def _order(item: Any) -> tuple[str, str]:
    return type(item).__name__, str(item.name)


def _columns_of(item: Any) -> tuple[str, ...]:
    """Return the columns of a constraint, or of the operation that adds it."""
    columns: Any = getattr(item, "local_cols", None) or getattr(item, "columns", ())
    return tuple(str(getattr(column, "name", column)) for column in columns)


def _stated(item: Any) -> tuple[bool, bool, tuple[str, ...]]:
    """Return the timing of a constraint (deferrable, deferred) and its INCLUDE."""
    is_deferred = str(item.initially or "").upper() == "DEFERRED"
    included = item.dialect_options["postgresql"].get("include") or ()
    names = tuple(str(getattr(each, "name", each)) for each in included)
    return bool(item.deferrable or is_deferred), is_deferred, names


def _key_words(
    columns: tuple[str, ...],
    deferrable: bool,
    deferred: bool,
    included: tuple[str, ...],
) -> str:
    words = f"({', '.join(columns)})" if columns else "none"
    words += f" INCLUDE ({', '.join(included)})" if included else ""
    words += " DEFERRABLE" if deferrable else ""
    return words + (" INITIALLY DEFERRED" if deferred else "")


def _plain(value: Any) -> Any:
    """Return an option in small letters, without quotes and blanks, to compare it."""
    if isinstance(value, dict):
        value = [f"{name}={setting}" for name, setting in value.items()]
    if isinstance(value, list | tuple):
        return sorted(map(_plain, value))
    return "".join(str(value).lower().replace('"', "").split())


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={setting}" for name, setting in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
