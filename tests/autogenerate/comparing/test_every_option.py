"""Whatever a model may state is compared, or ``check`` says that it is not.

The options are those of the constructors of the installed SQLAlchemy.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic_zdt.commands.check import check
from tests.support.round_trip import different, generate, tables_of

WRITTEN = "a revision changes it"
TOLD = "check tells that it differs, or that it is not compared"
PYTHON = "only Python knows it"
STOCK = "only CREATE TABLE or another statement of SQLAlchemy has it"
OTHERS = "other databases have it"
REFUSED = "PostgreSQL refuses it"
NEWER = {
    "postgresql_nulls_not_distinct": (15, STOCK),
    "sqltext": (17, TOLD),
    "persisted": (18, STOCK),
}
"""The version since which an option is as below, and what becomes of it before."""


@dataclass
class Kind:
    """What a model may state something of.

    Attributes:
        cls: its constructor.
        make: returns the arguments of a table, of the option alone.
        options: option -> what becomes of it, and its value.
        more: options that the signature does not name.
    """

    cls: type
    make: Callable[..., list[Any]]
    options: dict[str, tuple[str, Any]]
    more: set[str] = field(default_factory=set)

    @property
    def stated(self) -> set[str]:
        """The options of the constructor, and those of PostgreSQL."""
        own = {
            n for n in inspect.signature(self.cls.__init__).parameters if n[0] != "_"
        }
        dialect = {
            f"postgresql_{name}"
            for kind, arguments in postgresql.dialect.construct_arguments
            if kind is self.cls
            for name in arguments
        }
        rest = {"self", "args", "dialect_kw", "dialect_kwargs", "kw", "kwargs"}
        return (own | dialect | self.more) - rest


def column(type_=sa.Text, *args, name="c", collation=None, **kw):
    type_ = sa.Text(collation=collation) if collation else type_
    return [sa.Column(name, type_, *args, **kw)]


def two(item):
    return [sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), item]


def index(expressions=("a",), name="{}_ix", **kw):
    made = lambda table: sa.Index(name.format(table), *expressions, **kw)  # noqa: E731
    return [sa.Column("c", sa.Text), *two(made)]


def unique(columns=("a",), name="{}_uq", **kw):
    return two(
        lambda table: sa.UniqueConstraint(*columns, name=name.format(table), **kw)
    )


def condition(sqltext="a > 0", name="{}_ck", **kw):
    return two(lambda table: sa.CheckConstraint(sqltext, name=name.format(table), **kw))


def foreign(columns=("a",), refcolumns=("other.id",), name="{}_fk", **kw):
    return two(
        lambda table: sa.ForeignKeyConstraint(
            columns, refcolumns, name=name.format(table), **kw
        )
    )


def primary(columns=("a",), name="{}_pk", **kw):
    parts = [sa.Column(n, sa.Integer, nullable=False) for n in "ab"]
    key = lambda table: sa.PrimaryKeyConstraint(*columns, name=name.format(table), **kw)  # noqa: E731
    return [*parts, key]


def exclude(elements=(("a", "="),), name="{}_x", **kw):
    kw = {"using": "btree"} | kw
    return two(
        lambda table: postgresql.ExcludeConstraint(
            *elements, name=name.format(table), **kw
        )
    )


def sequence(**kw):
    made = lambda table: sa.Sequence(f"{table}_s", **kw)  # noqa: E731
    return [lambda table: sa.Column("c", sa.Integer, made(table))]


def identity(**kw):
    return column(sa.Integer, sa.Identity(**kw))


def computed(sqltext="a * 2", persisted=True):
    return two(sa.Column("c", sa.Integer, sa.Computed(sqltext, persisted=persisted)))


def table(**kw):
    return [sa.Column("c", sa.Integer), kw]


def domain(name="{}_d", data_type=sa.Integer, **kw):
    made = lambda table: postgresql.DOMAIN(name.format(table), data_type, **kw)  # noqa: E731
    return [lambda table: sa.Column("c", made(table))]


COUNTS = {
    "start": (WRITTEN, 7),
    "increment": (WRITTEN, 2),
    "minvalue": (WRITTEN, 0),
    "maxvalue": (WRITTEN, 900),
    "nominvalue": (STOCK, None),
    "nomaxvalue": (STOCK, None),
    "cycle": (WRITTEN, True),
    "cache": (WRITTEN, 5),
    "order": (OTHERS, None),
}
CONSTRAINT = {
    "deferrable": (WRITTEN, True),
    "initially": (WRITTEN, "DEFERRED"),
    "info": (PYTHON, {"k": 1}),
    "name": (WRITTEN, "{}_other"),
}
PYTHON_OF_TABLES = (
    *(
        "autoload_replace",
        "autoload_with",
        "extend_existing",
        "info",
        "include_columns",
    ),
    *("implicit_returning", "keep_existing", "listeners", "metadata", "name"),
    *("quote", "quote_schema", "resolve_fks", "schema"),
)
KINDS = {
    "column": Kind(
        sa.Column,
        column,
        {
            "autoincrement": (
                TOLD,
                True,
                {"type_": sa.Integer, "primary_key": True, "autoincrement": False},
            ),
            "comment": (WRITTEN, "it's"),
            "default": (PYTHON, "x"),
            "doc": (PYTHON, "x"),
            "index": (WRITTEN, True),
            "info": (PYTHON, {"k": 1}),
            "insert_default": (PYTHON, "x"),
            "insert_sentinel": (PYTHON, False),
            "key": (PYTHON, "k"),
            "name": (WRITTEN, "other"),
            "nullable": (WRITTEN, False),
            "onupdate": (PYTHON, "x"),
            "primary_key": (TOLD, True),
            "quote": (PYTHON, True),
            "server_default": (WRITTEN, "x"),
            "server_onupdate": (PYTHON, sa.FetchedValue()),
            "system": (STOCK, None),
            "type_": (WRITTEN, sa.String(20)),
            "unique": (WRITTEN, True),
            "collation": (TOLD, "C"),
        },
        {"collation"},
    ),
    "index": Kind(
        sa.Index,
        index,
        {
            "expressions": (WRITTEN, (sa.text("(a + 1)"),)),
            "info": (PYTHON, {"k": 1}),
            "name": (WRITTEN, "{}_other"),
            "quote": (PYTHON, True),
            "unique": (WRITTEN, True),
            "postgresql_concurrently": (STOCK, True),
            "postgresql_include": (WRITTEN, ["b"]),
            "postgresql_invalid": (STOCK, None),
            "postgresql_nulls_not_distinct": (WRITTEN, True),
            "postgresql_ops": (
                WRITTEN,
                {"c": "text_pattern_ops"},
                {"expressions": ["c"]},
            ),
            "postgresql_tablespace": (TOLD, None),
            "postgresql_using": (WRITTEN, "hash"),
            "postgresql_where": (WRITTEN, sa.text("b > 0")),
            "postgresql_with": (WRITTEN, {"fillfactor": 70}),
        },
    ),
    "unique": Kind(
        sa.UniqueConstraint,
        unique,
        CONSTRAINT
        | {
            "columns": (WRITTEN, ("a", "b")),
            "postgresql_include": (WRITTEN, ["b"]),
            "postgresql_nulls_not_distinct": (WRITTEN, True),
        },
    ),
    "check": Kind(
        sa.CheckConstraint,
        condition,
        CONSTRAINT
        | {
            "deferrable": (REFUSED, None),
            "initially": (REFUSED, None),
            "postgresql_not_valid": (STOCK, None),
            "sqltext": (WRITTEN, "a > 1"),
            "table": (PYTHON, None),
        },
    ),
    "foreign_key": Kind(
        sa.ForeignKeyConstraint,
        foreign,
        CONSTRAINT
        | {
            "columns": (WRITTEN, ("b",)),
            "comment": (WRITTEN, "it's :that"),
            "link_to_name": (PYTHON, True),
            "match": (WRITTEN, "FULL"),
            "name": (TOLD, "{}_other"),
            "ondelete": (WRITTEN, "CASCADE"),
            "onupdate": (WRITTEN, "SET NULL"),
            "postgresql_not_valid": (STOCK, None),
            "refcolumns": (WRITTEN, ("other.k",)),
            "table": (PYTHON, None),
            "use_alter": (STOCK, None),
        },
    ),
    "primary_key": Kind(
        sa.PrimaryKeyConstraint,
        primary,
        {
            "columns": (TOLD, ("a", "b")),
            "deferrable": (TOLD, True),
            "info": (PYTHON, {"k": 1}),
            "initially": (TOLD, "DEFERRED"),
            "name": (TOLD, "{}_other"),
            "postgresql_include": (TOLD, ["b"]),
        },
    ),
    "exclude": Kind(
        postgresql.ExcludeConstraint,
        exclude,
        {
            "deferrable": (TOLD, True),
            "elements": (TOLD, (("b", "="),)),
            "initially": (TOLD, "DEFERRED"),
            "name": (TOLD, "{}_other"),
            "ops": (TOLD, None),
            "using": (TOLD, "hash"),
            "where": (TOLD, sa.text("a > 0")),
        },
        {"deferrable", "initially", "name", "ops", "using", "where"},
    ),
    "sequence": Kind(
        sa.Sequence,
        sequence,
        COUNTS
        | {
            "data_type": (WRITTEN, sa.SmallInteger),
            "for_update": (PYTHON, None),
            "metadata": (PYTHON, None),
            "name": (PYTHON, None),
            "optional": (PYTHON, None),
            "quote": (PYTHON, True),
            "quote_schema": (PYTHON, True),
            "schema": (PYTHON, None),
        },
    ),
    "identity": Kind(
        sa.Identity,
        identity,
        COUNTS | {"always": (WRITTEN, True), "on_null": (OTHERS, None)},
    ),
    "computed": Kind(
        sa.Computed,
        computed,
        {"persisted": (TOLD, False), "sqltext": (WRITTEN, "a * 3")},
    ),
    "table": Kind(
        sa.Table,
        table,
        {
            **dict.fromkeys(PYTHON_OF_TABLES, (PYTHON, None)),
            "comment": (WRITTEN, "it's"),
            "prefixes": (TOLD, ["UNLOGGED"]),
            "postgresql_ignore_search_path": (PYTHON, None),
            "postgresql_inherits": (TOLD, "other"),
            "postgresql_on_commit": (STOCK, None),
            "postgresql_partition_by": (TOLD, "LIST (c)"),
            "postgresql_tablespace": (TOLD, None),
            "postgresql_using": (TOLD, None),
            "postgresql_with": (TOLD, {"fillfactor": 70}),
            "postgresql_with_oids": (REFUSED, None),
        },
    ),
    "domain": Kind(
        postgresql.DOMAIN,
        domain,
        {
            "check": (TOLD, "VALUE > 0"),
            "collation": (TOLD, None),
            "collation_schema": (TOLD, None),
            "constraint_name": (TOLD, None),
            "create_type": (PYTHON, None),
            "data_type": (TOLD, sa.BigInteger),
            "default": (TOLD, "7"),
            "name": (TOLD, None),
            "not_null": (TOLD, True),
        },
    ),
}


def told(version):
    """Each option that SQLAlchemy has, with the entry that is known of it."""
    for kind, known in KINDS.items():
        for option in sorted(known.stated | set(known.options)):
            entry = known.options.get(option, (None, None))
            since, before = NEWER.get(option, (0, None))
            if kind in ("index", "unique", "computed") and version < since:
                entry = (before, entry[1] if before == TOLD else None)
            yield kind, option, entry


def models(*, stated: bool, version: int) -> sa.MetaData:
    """A table for each option, with it or without it."""
    metadata = sa.MetaData()
    keys = (sa.Column(n, sa.Integer, unique=True, nullable=False) for n in ("id", "k"))
    sa.Table("other", metadata, *keys)
    for kind, option, (_, value, *more) in told(version):
        if value is not None:
            name = f"{kind}_{option}"
            given = {option: value} if stated else {}
            add(metadata, name, KINDS[kind].make(**(more[0] if more else {}) | given))
    return metadata


def add(metadata, name, parts):
    """Add a table of these parts, or of what they return for its name."""
    made = [part(name) if callable(part) else part for part in parts]
    words = {k: v for part in made if isinstance(part, dict) for k, v in part.items()}
    items = [part for part in made if not isinstance(part, dict)]
    sa.Table(name, metadata, *items, **words)


SOURCE = "from tests.autogenerate.comparing.test_every_option import models\n"
MODELS = SOURCE + "metadata = models(stated={}, version={})"


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_is_known(kind):
    known = KINDS[kind]

    new = known.stated - set(known.options)

    assert not new, f"new in SQLAlchemy: {new}; is it compared, and is it written?"
    assert set(known.options) <= known.stated


def version_of(db):
    return int(db.value("SHOW server_version_num")) // 10000


def found_by_check(project):
    """The tables that the answer names."""
    messages = [each.message for each in check(project.config()).findings]
    known = {f"{kind}_{option}" for kind, option, _ in told(99)}
    return {name for name in known for text in messages if named(name, text)}


def named(name, text):
    return re.search(rf"(?<![a-z_]){name}(?![a-z]|_[a-z]{{3}})", text)


def of(version, *fates):
    """The tables of the options that have a value, by what becomes of them."""
    return {
        f"{kind}_{option}"
        for kind, option, (fate, value, *_) in told(version)
        if fate in fates and value is not None
    }


def test_options_are_compared_and_written_or_told(db, project):
    """What a revision does not change is told before and after it."""
    version = version_of(db)
    stated, plain = (MODELS.format(each, version) for each in (True, False))
    tables_of(db, project, plain)
    project.models(stated)

    assert found_by_check(project) == of(version, WRITTEN, TOLD)

    generate(project, "options")
    project.upgrade()
    assert found_by_check(project) == of(version, TOLD)
    project.downgrade()
    project.models(plain)
    for script in project.scripts():
        script.unlink()
    assert found_by_check(project) == set()


def test_options_of_new_tables_arrive(db, project):
    """The revision makes what SQLAlchemy makes."""
    stated = MODELS.format(True, version_of(db))
    wanted = tables_of(db, project, stated)
    tables_of(db, project, "metadata = sa.MetaData()")
    project.models(stated)

    generate(project, "options")
    project.upgrade()

    assert different(db.catalog(), wanted) == {}
