"""Tables, created before the deploy and dropped after it."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import Constraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.exc import InvalidRequestError

from alembic_zdt.autogenerate.changes import constraints
from alembic_zdt.autogenerate.changes.change import Change, Name, relation, ups
from alembic_zdt.autogenerate.changes.rename_notes import rename_notes
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext, name_of
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.arguments import given_options
from alembic_zdt.phases import Phase
from alembic_zdt.workflows.drop_table import ContractDropTableOp


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
    yield Change(
        _without(create, outside),
        (ContractDropTableOp(table.name, schema=table.schema),),
        Phase.EXPAND,
        takes=frozenset({relation(table, table.name)}),
    )
    for index in indexes:
        # DROP TABLE drops the indexes, too.
        yield Change(index, (), Phase.EXPAND)


def keys_to_others(
    create: ops.CreateTableOp, context: SchemaContext
) -> list[ops.CreateForeignKeyOp]:
    """Return the foreign keys to add when all new tables exist."""
    return [_alone(key, create) for key in _outside(create, context)]


def _outside(create: ops.CreateTableOp, context: SchemaContext) -> list[Any]:
    known = {name_of(create), *context.made}
    # SQLAlchemy leaves use_alter keys out of CREATE TABLE.
    return [k for k in _keys(create) if k.use_alter or _parent(k) not in known]


def dropped(
    drop: ops.DropTableOp,
    indexes: Sequence[ops.DropIndexOp],
    context: SchemaContext,
    gone_already: Collection[str] = (),
) -> Iterator[Change]:
    """Yield the change that drops a table with its indexes.

    Args:
        drop: Alembic's operation.
        indexes: operations that drop its indexes.
        context: facts about the other changes.
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
        made += constraints.foreign_key_created(key, back)
    note = f'The rows of "{table.words}" are lost; a downgrade makes it anew, empty.'
    yield Change(
        ContractDropTableOp(table.name, schema=table.schema),
        ups(made),
        Phase.CONTRACT,
        (note, *rename_notes(table.words, context.candidates)),
        frees=frozenset(_relations(table, create, indexes)),
        sources=(drop, *indexes),
    )


def _relations(
    table: QualifiedName, create: ops.CreateTableOp, indexes: Sequence[ops.DropIndexOp]
) -> Iterator[Name]:
    """Yield the names that the drop frees: of the table and all its indexes."""
    yield relation(table, table.name)
    for index in indexes:
        yield relation(table, str(index.index_name))
    for item in create.columns:
        if isinstance(item, Constraint) and item.name is not None:
            yield relation(table, str(item.name))


def _say_only_what_is(create: ops.CreateTableOp) -> None:
    """Remove options that are off: reflection adds them, older servers reject them."""
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
    in_order = sorted(drops, key=lambda drop: name_of(drop).words)
    left = {name_of(drop): drop for drop in in_order}
    broken: dict[QualifiedName, list[str]] = {name: [] for name in left}
    while left:
        free = _nobody_refers_to(left, broken)
        if not free:
            yield from _breaking(left, broken, context)
        for name in free:
            drop = left.pop(name)
            yield from dropped(drop, indexes.get(name, []), context, broken[name])


def _nobody_refers_to(
    left: dict[QualifiedName, ops.DropTableOp], broken: dict[QualifiedName, list[str]]
) -> list[QualifiedName]:
    wanted = {
        _parent(key)
        for name, drop in left.items()
        for key in _keys(drop.reverse())
        if _parent(key) != name and key.name not in broken[name]
    }
    return [name for name in left if name not in wanted]


def _breaking(
    left: dict[QualifiedName, ops.DropTableOp],
    broken: dict[QualifiedName, list[str]],
    context: SchemaContext,
) -> Iterator[Change]:
    """Drop the foreign keys of one of the tables that refer to each other."""
    for name, drop in left.items():
        create = drop.reverse()
        keys = [
            key
            for key in _keys(create)
            if _parent(key) in left
            and _parent(key) != name
            and str(key.name) not in broken[name]
        ]
        for key in keys:
            broken[name].append(str(key.name))
            stock: Any = _alone(key, create).reverse()
            yield from constraints.dropped(stock, context)
        if keys:
            return


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
