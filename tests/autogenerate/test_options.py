"""Whatever a model says of a constraint or an index arrives, or has no meaning."""

from __future__ import annotations

import inspect

import pytest
import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.dialects import postgresql

from alembic_zdt import op
from alembic_zdt.autogenerate.changes import constraint_changes, index_changes
from alembic_zdt.autogenerate.changes.schema_context import SchemaContext

VALUES = {
    "deferrable": True,
    "initially": "DEFERRED",
    "match": "FULL",
    "name": "the_name",
    "ondelete": "CASCADE",
    "onupdate": "CASCADE",
    "postgresql_include": ["b"],
    "postgresql_nulls_not_distinct": True,
    "postgresql_ops": {"a": "text_ops"},
    "postgresql_tablespace": "fast",
    "postgresql_using": "gin",
    "postgresql_where": sa.text("b > 0"),
    "postgresql_with": {"fillfactor": 70},
    "unique": True,
}
"""A value of each option that a directive has."""

WITHOUT_MEANING = {
    "comment": None,  # PostgreSQL shows it, and SQLAlchemy does not create it
    "info": {"key": 1},
    "link_to_name": True,
    "postgresql_concurrently": True,
    "postgresql_invalid": True,
    "postgresql_not_valid": True,
    "quote": True,
    "use_alter": True,
}
"""Options of SQLAlchemy alone, and those that the directive decides itself."""

GIVEN = {
    *("self", "args", "kw", "kwargs", "columns", "expressions", "sqltext"),
    *("refcolumns", "table", "dialect_kw"),
}
KINDS = {
    "index": (sa.Index, lambda **kw: sa.Index(kw.pop("name", "n"), "a", **kw)),
    "unique": (sa.UniqueConstraint, lambda **kw: sa.UniqueConstraint("a", **kw)),
    "foreign key": (
        sa.ForeignKeyConstraint,
        lambda **kw: sa.ForeignKeyConstraint(["a"], ["other.id"], **kw),
    ),
    "check": (sa.CheckConstraint, lambda **kw: sa.CheckConstraint("a > 0", **kw)),
}
# A CHECK cannot be deferred in PostgreSQL, which refuses the words.
REFUSED = {("check", "deferrable"), ("check", "initially")}


def parameters(cls):
    own = set(inspect.signature(cls).parameters) - GIVEN
    dialect = {
        f"postgresql_{name}"
        for kind, arguments in postgresql.dialect.construct_arguments
        if kind is cls
        for name in arguments
    }
    return {name for name in own | dialect if not name.startswith("_")}


EACH = [
    pytest.param(kind, name, id=f"{kind}-{name}")
    for kind, (cls, _) in KINDS.items()
    for name in sorted(parameters(cls))
    if (kind, name) not in REFUSED
]


def call_of(kind, **options):
    """The call that autogenerate writes for it."""
    item = KINDS[kind][1](**options)
    sa.Table("other", meta := sa.MetaData(), sa.Column("id", sa.Integer))
    columns = sa.Column("a", sa.Text), sa.Column("b", sa.Text)
    sa.Table("t", meta, *columns, item)
    if kind == "index":
        made = index_changes.created(
            ops.CreateIndexOp.from_index(item), SchemaContext()
        )
    else:
        stock = ops.AddConstraintOp.from_constraint(item)
        made = constraint_changes.CREATED[type(stock)](stock, SchemaContext())
    (change,) = made
    return change.up


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_option_arrives_or_has_no_meaning(kind, name):
    known = VALUES | WITHOUT_MEANING
    assert name in known, f"SQLAlchemy has a new option: {name}"

    plain, found = call_of(kind), call_of(kind, **{name: known[name]})

    assert (found.call != plain.call) == (name in VALUES)
    positional, named = found.arguments()
    given = {key: value for key, value in named.items() if value is not None}
    inspect.signature(getattr(op, found.directive)).bind(None, *positional, **given)
