"""Tables, created before the deploy and dropped after it."""

from __future__ import annotations

import copy
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import (
    Constraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import InvalidRequestError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.autogenerate.changes import constraint_changes
from alembic_zdt.autogenerate.changes.change import Change, Name, relation, ups
from alembic_zdt.autogenerate.changes.rename_notes import rename_notes
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext, name_of
from alembic_zdt.autogenerate.found.bare_texts import escaped
from alembic_zdt.catalog.constraint import exclusions
from alembic_zdt.catalog.constraint import exists as constraint_exists
from alembic_zdt.names import QualifiedName, dollar_tag, literal, quote
from alembic_zdt.operations.calls.sql_text import DIALECT
from alembic_zdt.operations.indexes.index_ddl import given_options, kept
from alembic_zdt.phases import Phase
from alembic_zdt.workflows.drop_table.contract import ContractDropTableOp


def created(
    create: ops.CreateTableOp,
    indexes: Sequence[ops.CreateIndexOp],
    context: SchemaContext,
) -> Iterator[Change]:
    """Yield the changes that create a table and its indexes.

    They leave out its foreign keys to tables in use, which keys_to_others() returns.
    """
    table = name_of(create)
    outside = _outside(create, context)
    context.made.add(table)
    names = frozenset(_relations(table, create, indexes))
    yield Change(
        _without(create, outside),
        (ContractDropTableOp(table.name, schema=table.schema),),
        Phase.EXPAND,
        takes=names,
    )
    for index in indexes:
        # DROP TABLE drops the indexes, too.
        yield Change(_in_transaction(index), (), Phase.EXPAND, takes=names)


def _in_transaction(index: ops.CreateIndexOp) -> ops.CreateIndexOp:
    """Return the index without CONCURRENTLY, which a new table does not need."""
    copied = copy.copy(index)
    options = index.kw.items()
    copied.kw = {k: v for k, v in options if k != "postgresql_concurrently"}
    return copied


def comments(create: ops.CreateTableOp) -> Iterator[Change]:
    """Yield the changes that comment on constraints, which Alembic does not render."""
    table = name_of(create)
    for item in create.columns:
        if not isinstance(item, Constraint):
            continue
        comment, name = item.comment, contexts.final_name(item, DIALECT)
        if comment is not None and name is not None:
            words = f"COMMENT ON CONSTRAINT {quote(name)} ON {table.sql} IS "
            up = ops.ExecuteSQLOp(escaped(words + literal(comment)))
            yield Change(up, (), Phase.EXPAND)


def _exclusions_again(
    table: QualifiedName, context: SchemaContext
) -> Iterator[ops.ExecuteSQLOp]:
    """Yield what makes the exclusion constraints, which SQLAlchemy does not reflect."""
    real = context.present_names.get(table, table)
    found = context.database.rows(exclusions(real)) if context.database else ()
    for name, definition in found:
        add = f"ALTER TABLE {table.sql} ADD CONSTRAINT {quote(name)} {definition}"
        body = f"IF NOT {constraint_exists(name, table)} THEN {add}; END IF;"
        tag = dollar_tag(body)
        yield ops.ExecuteSQLOp(escaped(f"DO {tag}BEGIN {body} END{tag}"))


def keys_to_others(
    create: ops.CreateTableOp, context: SchemaContext
) -> list[ops.CreateForeignKeyOp]:
    """Return the foreign keys to add when all new tables exist."""
    return [_alone(key, create) for key in _outside(create, context)]


def _outside(create: ops.CreateTableOp, context: SchemaContext) -> list[Any]:
    table = name_of(create)

    def is_outside(key: Any) -> bool:
        # SQLAlchemy leaves use_alter keys out of CREATE TABLE.
        parent = _parent(key)
        return key.use_alter or not (parent == table or parent in context.made)

    return [key for key in _keys(create) if is_outside(key)]


def dropped(
    drop: ops.DropTableOp,
    indexes: Sequence[ops.DropIndexOp],
    context: SchemaContext,
    gone_already: Collection[str] = (),
) -> Iterator[Change]:
    """Yield the change that drops a table with its indexes.

    Args:
        drop: Alembic's operation.
        indexes: the operations that drop its indexes.
        context: the facts about the other changes.
        gone_already: names of its foreign keys that were dropped before.
    """
    table = name_of(drop)
    create = drop.reverse()
    again = [key for key in _keys(create) if key.name in gone_already]
    back = SchemaContext(context.database, made={*context.gone})
    _say_only_what_is(create)
    own = [_index_again(index) for index in indexes]
    less = _without(create, again)
    keys = keys_to_others(less, back)
    made = [*created(less, own, back)]
    for key in keys:
        made += constraint_changes.foreign_key_created(key, back)
    note = f'The rows of "{table.label}" are lost; a downgrade creates it empty.'
    yield Change(
        ContractDropTableOp(
            table.name,
            schema=table.schema,
            if_exists=bool(getattr(drop, "if_exists", None)),
        ),
        (*ups(made), *_exclusions_again(table, context)),
        Phase.CONTRACT,
        (note, *rename_notes(table.label, context.candidates)),
        frees=frozenset(_relations(table, create, indexes)),
        sources=(drop, *indexes),
    )


def _relations(
    table: QualifiedName, create: ops.CreateTableOp, indexes: Sequence[Any]
) -> Iterator[Name]:
    """Yield the names that a table and its indexes have."""
    yield relation(table, table.name)
    for index in indexes:
        yield relation(table, kept(index.index_name, "index"))
    for item in create.columns:
        if isinstance(item, _WITH_INDEX) and isinstance(item.name, str):
            yield relation(table, kept(item.name, "constraint"))


_WITH_INDEX = (ExcludeConstraint, PrimaryKeyConstraint, UniqueConstraint)


def _say_only_what_is(create: ops.CreateTableOp) -> None:
    """Remove options that are off, which reflection adds and old servers refuse."""
    for item in create.columns:
        if isinstance(item, UniqueConstraint):
            off = [name for name, value in item.dialect_kwargs.items() if not value]
            for name in off:
                del item.dialect_kwargs[name]


def _index_again(drop: ops.DropIndexOp) -> ops.CreateIndexOp:
    create = drop.reverse()
    others = {k: v for k, v in create.kw.items() if not k.startswith("postgresql_")}
    create.kw = others | given_options(create.kw)
    return create


def all_dropped(
    drops: Sequence[ops.DropTableOp],
    indexes: dict[QualifiedName, list[ops.DropIndexOp]],
    context: SchemaContext,
) -> Iterator[Change]:
    """Yield the changes that drop tables, each before the tables it refers to."""
    # Alembic guarantees no order.
    left = _Left(sorted(drops, key=lambda drop: name_of(drop).label))
    while left.drops:
        name = left.next_free()
        if name is None:
            for key, create in left.broken_keys():
                stock: Any = _alone(key, create).reverse()
                yield from constraint_changes.dropped(stock, context)
            continue
        broken = left.broken[name]
        yield from dropped(left.pop(name), indexes.get(name, []), context, broken)


class _Left:
    """Tables that are left to drop, and the foreign keys among them.

    Attributes:
        drops: their operations.
        broken: names of the foreign keys that are dropped before their table.
    """

    def __init__(self, drops: Sequence[ops.DropTableOp]) -> None:
        self.drops = {name_of(drop): drop for drop in drops}
        self.broken: dict[QualifiedName, list[str]] = {n: [] for n in self.drops}
        self._creates = {name: drop.reverse() for name, drop in self.drops.items()}
        self._keys = {n: self._keys_among(n, c) for n, c in self._creates.items()}
        self._referring = Counter(_parent(k) for ks in self._keys.values() for k in ks)
        self._free = deque(name for name in self.drops if not self._referring[name])

    def _keys_among(self, name: QualifiedName, create: ops.CreateTableOp) -> list[Any]:
        parents = ((key, _parent(key)) for key in _keys(create))
        return [
            key for key, parent in parents if parent in self.drops and parent != name
        ]

    def next_free(self) -> QualifiedName | None:
        """Return a table that no other one refers to."""
        return self._free.popleft() if self._free else None

    def pop(self, name: QualifiedName) -> ops.DropTableOp:
        """Remove a table, and return the operation that drops it."""
        self._release(self._keys.pop(name))
        return self.drops.pop(name)

    def broken_keys(self) -> list[tuple[Any, ops.CreateTableOp]]:
        """Return the foreign keys to drop first, where tables refer to each other."""
        name = next(name for name, keys in self._keys.items() if keys)
        keys, self._keys[name] = self._keys[name], []
        self.broken[name] += [str(key.name) for key in keys]
        self._release(keys)
        return [(key, self._creates[name]) for key in keys]

    def _release(self, keys: Sequence[Any]) -> None:
        for key in keys:
            parent = _parent(key)
            self._referring[parent] -= 1
            if not self._referring[parent]:
                self._free.append(parent)


def _keys(create: ops.CreateTableOp) -> list[Any]:
    return [item for item in create.columns if isinstance(item, ForeignKeyConstraint)]


def _without(
    create: ops.CreateTableOp, keys: Sequence[ForeignKeyConstraint]
) -> ops.CreateTableOp:
    if not keys:
        return create
    gone = {id(key) for key in keys}
    less = copy.copy(create)
    less.columns = [item for item in create.columns if id(item) not in gone]
    return less


def _parent(key: Any) -> QualifiedName:
    try:
        table = key.elements[0].column.table
    except InvalidRequestError:  # the models do not have it
        target = key.elements[0].target_fullname.rpartition(".")[0]
        schema, _, name = target.rpartition(".")
        return QualifiedName(name, schema or None)
    return QualifiedName(str(table.name), table.schema)


def _alone(key: Any, create: ops.CreateTableOp) -> ops.CreateForeignKeyOp:
    """Return a table's foreign key as an operation of its own."""
    parent = _parent(key)
    return ops.CreateForeignKeyOp(
        key.name,
        create.table_name,
        parent.name,
        [str(element.parent.name) for element in key.elements],
        [_referred_column(element) for element in key.elements],
        source_schema=create.schema,
        referent_schema=parent.schema,
        onupdate=key.onupdate,
        ondelete=key.ondelete,
        initially=key.initially,
        deferrable=key.deferrable,
        match=key.match,
    )


def _referred_column(element: Any) -> str:
    try:
        return str(element.column.name)
    except InvalidRequestError:  # the models do not have it
        return str(element.target_fullname.rpartition(".")[2])
