"""From the tables of some models to those of others, and back."""

from __future__ import annotations

import pytest

from tests.support.round_trip import round_trip

ID = 'sa.Column("id", sa.Integer, primary_key=True)'
HEAD = "metadata = sa.MetaData({})\nf = sa.func\n"
CONVENTION = (
    'naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s",'
    ' "uq": "uq_%(table_name)s_%(column_0_N_name)s",'
    ' "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",'
    ' "ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}'
)


def users(*columns: str, more: str = "", head: str = "") -> str:
    parts = ", ".join((ID, *columns))
    return f'{HEAD.format(head)}users = sa.Table("users", metadata, {parts})\n{more}'


def named(columns: str, *parts: str) -> str:
    """Models whose names are longer than PostgreSQL keeps."""
    table = "customer_subscription_billing_notification_preferences"
    items = ", ".join((ID, columns, *parts))
    return (
        f'{HEAD.format(CONVENTION)}sa.Table("accounts", metadata, {ID})\n'
        f'sa.Table("{table}", metadata, {items})\n'
    )


A = 'sa.Column("a", sa.Text)'
NEW = 'sa.Enum("new", "paid", "back", name="state")'
OLD = 'sa.Enum("new", "paid", name="state")'
SHORT = 'sa.Column("preferred_channel_of_customer", sa.Integer{})'
N = 'sa.Column("n", {})'
STORED = 'sa.Computed("{}", persisted=True)'
SINCE = 'sa.Column("since", {})'
ONE = '"preferred_channel_of_customer"'
TWO = f'{ONE}, "id"'
WHERE = "postgresql_where=sa.text('id > {}')"
LASTS = """sa.Column("a", sa.Interval(second_precision={}), server_default="1 day")"""
TIMED = 'deferrable=True, initially="DEFERRED", postgresql_include=["id"]'
PERCENT = (
    'sa.Column("a", sa.Text, server_default=sa.text("lower(\'1% \\\\:x\\\\:y\')"))',
    'sa.CheckConstraint("a <> \'2% \\\\:y\'", name="ck")',
    (
        'sa.Index("ix", sa.text("(a || \'3% \\\\:i\')"),'
        " postgresql_where=sa.text(\"a > '4%% \\\\:w'\"))"
    ),
)
AGE = 'AGE = postgresql.DOMAIN("Age", sa.Integer, check="VALUE > 0")\n'
NUMBERS = 'sa.Sequence("Numbers", start={}, metadata=metadata)\n'
CASES = {
    "new column with a CHECK of its type, and a naming convention": (
        users(head=CONVENTION),
        users(
            'sa.Column("s", sa.Enum("a", name="kind", native_enum=False,'
            " create_constraint=True))",
            head=CONVENTION,
        ),
    ),
    "value of an enum that goes with all that names it": (
        users(
            'sa.Column("s", sa.Enum("old", "new", name="state"), server_default="old")',
            """sa.CheckConstraint("s <> 'old'", name="ck")""",
            """sa.Index("ix", "id", postgresql_where=sa.text("s = 'old'"))""",
        ),
        users('sa.Column("s", sa.Enum("new", name="state"))'),
    ),
    "options of a sequence, before a directive": (
        users(more=NUMBERS.format(1)),
        users(A, more=NUMBERS.format(5)),
    ),
    "new value of an enum, which is the new default of its column": (
        users(f'sa.Column("s", {OLD}, server_default="new")'),
        users(f'sa.Column("s", {NEW}, server_default="back")'),
    ),
    "exclusion constraint of a table that goes": (
        users(
            more=f'sa.Table("gone", metadata, {ID}, sa.Column("r",'
            ' postgresql.INT4RANGE), postgresql.ExcludeConstraint(("r", "&&"),'
            ' name="it\'s \'x\'", using="gist", where=sa.text("id > 0")))'
        ),
        users(),
    ),
    "columns that go with the indexes and CHECKs that name them": (
        users(
            A,
            'sa.Column("b", sa.Text)',
            'sa.Column("z", sa.Text)',
            """sa.Index("ix_1", "id", postgresql_where=sa.text("a = 'x'"))""",
            """sa.Index("ix_2", "id", postgresql_where=sa.text("b = 'x'"))""",
            """sa.Index("ix_3", sa.text("lower(z)"))""",
        ),
        users('sa.Column("c", sa.Text)', 'sa.Index("ix_2", "c")'),
    ),
    "foreign key that refers to another column, while the old one goes": (
        users(
            'sa.Column("u", sa.Integer, sa.ForeignKey("a.code", name="fk"))',
            more=f'sa.Table("a", metadata, {ID},'
            ' sa.Column("code", sa.Integer, unique=True))',
        ),
        users(
            'sa.Column("u", sa.Integer, sa.ForeignKey("a.id", name="fk"))',
            more=f'sa.Table("a", metadata, {ID})',
        ),
    ),
    "new table with a domain that another table has": (
        AGE + users('sa.Column("d", AGE)'),
        AGE
        + users(
            'sa.Column("d", AGE)',
            more=f'sa.Table("new", metadata, {ID}, sa.Column("e", AGE))',
        ),
    ),
    "percent signs and colons in a table that goes, and in one that comes": (
        users(more=f'sa.Table("gone", metadata, {ID}, {", ".join(PERCENT)})'),
        users(A, more=f'sa.Table("new", metadata, {ID}, {", ".join(PERCENT)})').replace(
            "ix", "ix_new"
        ),
    ),
    "percent signs and colons of columns, constraints and indexes": (
        users(*PERCENT),
        users(*(part.replace("%", "%x") for part in PERCENT)),
    ),
    "precision of an interval with a default": (
        users(LASTS.format(0)),
        users(LASTS.format(3)),
    ),
    "constraints with options, which go alone and with their table": (
        users(
            'sa.Column("a", sa.Integer)',
            'sa.Column("b", sa.Integer, unique=True)',
            f'sa.UniqueConstraint("a", name="uq_a", {TIMED})',
            'sa.ForeignKeyConstraint(["a"], ["users.id"], name="fk", match="FULL")',
            more=f'sa.Table("gone", metadata, {ID}, sa.Column("a", sa.Integer),'
            f' sa.UniqueConstraint("a", name="uq_gone", {TIMED}),'
            ' sa.ForeignKeyConstraint(["a"], ["users.b"], name="fk_gone",'
            ' match="FULL"))',
        ),
        users('sa.Column("a", sa.Integer)', 'sa.Column("b", sa.Integer)'),
    ),
    "new value of an enum, and a column that has it as default": (
        users(f'sa.Column("s", {OLD})'),
        users(
            f'sa.Column("s", {NEW})',
            f'sa.Column("t", {NEW}, server_default="back", nullable=False)',
        ),
    ),
    "new value of an enum, and an index and a table that need it": (
        users(f'sa.Column("s", {OLD})'),
        users(
            f'sa.Column("s", {NEW})',
            more='sa.Index("ix", users.c.id,'
            " postgresql_where=sa.text(\"s = 'back'\"))\n"
            f'sa.Table("others", metadata, {ID}, sa.Column("s", {NEW},'
            ' server_default="back"), sa.CheckConstraint("s <> \'back\'", name="ck"))',
        ),
    ),
    "enum value that goes": (
        users(f'sa.Column("s", {NEW})'),
        users(f'sa.Column("s", {OLD})'),
    ),
    "names of a convention that are cut": (
        named(SHORT.format("")),
        named(
            SHORT.format(", sa.ForeignKey('accounts.id'), index=True, unique=True"),
            'sa.CheckConstraint("preferred_channel_of_customer > 0", name="positive")',
        ),
    ),
    "names of a convention that are cut, the other way round": (
        named(
            SHORT.format(", sa.ForeignKey('accounts.id'), index=True, unique=True"),
            'sa.CheckConstraint("preferred_channel_of_customer > 0", name="positive")',
        ),
        named(SHORT.format("")),
    ),
    "index that gets a name of a convention that is cut": (
        named(SHORT.format(""), 'sa.Index("ix", "preferred_channel_of_customer")'),
        named(SHORT.format(", index=True")),
    ),
    "constraints with options and names of a convention that are cut": (
        named(SHORT.format(""), f"sa.UniqueConstraint({TWO}, {TIMED})"),
        named(
            SHORT.format(""),
            f"sa.UniqueConstraint({TWO})",
            f"sa.UniqueConstraint({ONE}, {TIMED})",
            f"sa.ForeignKeyConstraint([{ONE}], ['accounts.id'], ondelete='CASCADE',"
            " comment='one')",
        ),
    ),
    "partial indexes with names of a convention that are cut": (
        named(SHORT.format(""), f"sa.Index(None, {ONE}, {WHERE.format(5)})"),
        named(
            SHORT.format(""),
            f"sa.Index(None, {ONE}, {WHERE.format(7)})",
            f"sa.Index(None, {TWO}, {WHERE.format(9)})",
        ),
    ),
    "partial index of a column that gets another type": (
        users(SINCE.format("sa.Date")),
        users(
            SINCE.format("sa.DateTime(timezone=True)"),
            "sa.Index('ix', 'id', postgresql_where=sa.text(\"since > '2020-01-01'\"))",
        ),
    ),
    "index of an expression over a renamed column": (
        users(A),
        users(
            'sa.Column("aa", sa.Text, info={"zdt": {"renamed_from": "a"}})',
            more='sa.Index("ix", f.lower(users.c.aa))',
        ),
    ),
    "generated columns of columns that get another name or type": (
        users(A, N.format("sa.Integer")),
        users(
            'sa.Column("aa", sa.Text, info={"zdt": {"renamed_from": "a"}})',
            N.format("sa.BigInteger"),
            f'sa.Column("g", sa.Text, {STORED.format("lower(aa)")}, index=True)',
            f'sa.Column("h", sa.BigInteger, {STORED.format("n * 2")}, unique=True)',
        ),
    ),
    "CHECK constraints and defaults, with and without names": (
        users(
            A,
            'sa.Column("n", sa.Integer, server_default="5")',
            'sa.Column("j", postgresql.JSON, server_default="{}")',
            'sa.Column("since", sa.DateTime, server_default=f.now())',
            'sa.CheckConstraint("n > 0")',
            'sa.CheckConstraint("n < 100", name="ck_n")',
            'sa.CheckConstraint("a <> \'\'", name="ck_a")',
        ),
        users(
            'sa.Column("a", sa.Text, server_default=f.lower("X"))',
            'sa.Column("n", sa.Integer)',
            'sa.Column("j", postgresql.JSON, server_default=\'{"a": 1}\')',
            'sa.Column("since", sa.DateTime, server_default=f.now())',
            'sa.CheckConstraint("n > 0")',
            'sa.CheckConstraint("n < 200", name="ck_n")',
            'sa.CheckConstraint("a <> \'\'", name="ck_b")',
        ),
    ),
    "CHECK constraints without names, of old and of new columns": (
        users('sa.Column("n", sa.Integer)', 'sa.CheckConstraint("n <> 7")'),
        users(
            'sa.Column("n", sa.Integer)',
            'sa.Column("No", sa.Integer)',
            'sa.CheckConstraint("n <> 7")',
            'sa.CheckConstraint("n > 0")',
            'sa.CheckConstraint("n < 90")',
            'sa.CheckConstraint("n < id")',
            "sa.CheckConstraint('\"No\" > 0')",
            'sa.CheckConstraint("1 > 0")',
        ),
    ),
    "CHECK of a type that PostgreSQL has natively": (
        users(A, f'sa.Column("s", {OLD})'),
        users(
            A,
            f'sa.Column("s", {OLD})',
            'sa.Column("r", sa.Enum("new", "paid", name="state",'
            " create_constraint=True))",
            'sa.Column("on", sa.Boolean(create_constraint=True, name="ck_on"))',
            'sa.Column("t", sa.Enum("x", name="ck_t", native_enum=False,'
            " create_constraint=True))",
        ),
    ),
    "unique index that becomes a constraint": (
        users(A, more='sa.Index("one", users.c.a, unique=True)'),
        users(A, 'sa.UniqueConstraint("a", name="one")'),
    ),
    "unique constraint that becomes an index": (
        users(A, 'sa.UniqueConstraint("a", name="one")'),
        users(A, more='sa.Index("one", users.c.a, unique=True)'),
    ),
    "unique index that becomes another constraint of its name": (
        users(A, more='sa.Index("one", f.lower(users.c.a), unique=True)'),
        users(A, 'sa.UniqueConstraint("a", "id", name="one")'),
    ),
    "foreign key with another name and another action": (
        users('sa.Column("u", sa.ForeignKey("users.id", name="one"))'),
        users(
            'sa.Column("u", sa.ForeignKey("users.id", name="b", ondelete="CASCADE"))'
        ),
    ),
    "unique constraint that a foreign key refers to goes with it": (
        users(
            'sa.Column("k", sa.Integer, unique=True)',
            more=f'sa.Table("b", metadata, {ID}, sa.Column("k", sa.Integer,'
            ' sa.ForeignKey("users.k")))',
        ),
        users(
            'sa.Column("k", sa.Integer)',
            more=f'sa.Table("b", metadata, {ID}, sa.Column("k", sa.Integer))',
        ),
    ),
    "column that a foreign key refers to goes with it": (
        users(
            'sa.Column("k", sa.Integer, unique=True)',
            more=f'sa.Table("b", metadata, {ID}, sa.Column("k", sa.Integer,'
            ' sa.ForeignKey("users.k")))',
        ),
        users(
            more=f'sa.Table("b", metadata, {ID}, sa.Column("k", sa.Integer))',
        ),
    ),
    "new key, and a new foreign key that refers to it": (
        users(A),
        users(
            'sa.Column("a", sa.Text, unique=True)',
            more=f'sa.Table("b", metadata, {ID}, sa.Column("a",'
            ' sa.ForeignKey("users.a", use_alter=True, name="fk"), index=True),'
            ' sa.Index("ix", "a", postgresql_concurrently=True))',
        ),
    ),
    "table whose names another one had": (
        users(
            more=f'sa.Table("b", metadata, {ID}, sa.Column("a", sa.Text),'
            ' sa.UniqueConstraint("a", name="one"), sa.Index("two", "a"))'
        ),
        users(
            more=f'sa.Table("c", metadata, {ID}, sa.Column("a", sa.Text),'
            ' sa.UniqueConstraint("a", name="one"), sa.Index("two", "a"))'
        ),
    ),
    "tables with expressions that go": (
        users(
            more=f'sa.Table("b", metadata, {ID},'
            ' sa.Column("t", sa.Integer), sa.Column("c", sa.Integer,'
            ' sa.Computed("t * id", persisted=True)),'
            ' sa.CheckConstraint("t > 0", name="ck"))'
        ),
        users(),
    ),
    "a generated column of a column with capitals": (
        users(A),
        users(
            A,
            """sa.Column("b", sa.Integer, sa.Computed('"Z" * 2', persisted=True))""",
            'sa.Column("Z", sa.Integer)',
        ),
    ),
    "a generated column of a column with capitals, both dropped": (
        users(
            A,
            'sa.Column("A1", sa.Integer)',
            """sa.Column("b", sa.Integer, sa.Computed('"A1" * 2', persisted=True))""",
        ),
        users(A),
    ),
    "types whose defaults have another type, too": (
        users(
            'sa.Column("r", sa.Enum("x", "y", name="one"))',
            'sa.Column("s", sa.Enum("x", "y", name="one"), server_default="x")',
            'sa.Column("n", sa.Text, server_default="7")',
            'sa.Column("o", sa.Boolean, server_default="true")',
        ),
        users(
            'sa.Column("r", sa.Enum("x", "y", name="one"))',
            'sa.Column("s", sa.Text, server_default="x")',
            'sa.Column("n", sa.BigInteger, server_default="7")',
            'sa.Column("o", sa.SmallInteger, server_default="1")',
        ),
    ),
}

OPTIONS = {
    "every option of an index and of a unique constraint": (
        users(A, 'sa.Column("n", sa.Integer)'),
        users(
            A,
            'sa.Column("n", sa.Integer)',
            'sa.UniqueConstraint("a", name="u", deferrable=True, initially="DEFERRED",'
            ' postgresql_include=["n"], postgresql_nulls_not_distinct=True)',
            more='sa.Index("i", "a", postgresql_using="spgist",'
            ' postgresql_ops={"a": "text_ops"}, postgresql_with={"fillfactor": 70},'
            " postgresql_where=users.c.n > 0, _table=users)\n"
            'sa.Index("j", users.c.n.desc().nulls_last(), unique=True,'
            ' postgresql_include=["a"], postgresql_nulls_not_distinct=True,'
            " postgresql_concurrently=True)",
        ),
    ),
    "every option of a foreign key": (
        users(A, 'sa.Column("u", sa.Integer)'),
        users(
            A,
            'sa.Column("u", sa.Integer)',
            'sa.ForeignKeyConstraint(["u"], ["users.id"], name="fk",'
            ' onupdate="CASCADE", ondelete="SET NULL", deferrable=True,'
            ' initially="DEFERRED", match="FULL", use_alter=True)',
        ),
    ),
    "sequence and domain of new columns": (
        users(A),
        users(
            A,
            'sa.Column("n", sa.Integer, server_default=numbers.next_value())',
            'sa.Column("m", sa.Integer, sa.Sequence("other", metadata=metadata))',
            'sa.Column("d", postgresql.DOMAIN("positive", sa.Integer,'
            ' check="VALUE > 0"))',
            more=f'sa.Table("b", metadata, {ID}, sa.Column("n", sa.Integer,'
            " server_default=numbers.next_value()))",
        ).replace(
            "f = sa.func",
            'f = sa.func\nnumbers = sa.Sequence("numbers", start=5, increment=2,'
            " cache=3, cycle=True, minvalue=1, maxvalue=99, metadata=metadata)",
        ),
    ),
    "every option of a column": (
        users(A),
        users(
            A,
            'sa.Column("n", sa.BigInteger, sa.Identity(always=True, start=7,'
            " increment=2, minvalue=3, maxvalue=900, cycle=True, cache=5))",
            'sa.Column("c", sa.String(20, collation="C"), sa.Computed("lower(a)",'
            ' persisted=True), comment="it\'s")',
            'sa.Column("k", sa.Text, key="another", default="x", onupdate="y",'
            ' server_default="z", server_onupdate=sa.FetchedValue(), quote=True,'
            ' doc="d", info={"i": 1}, system=False, nullable=False)',
        ),
    ),
}


@pytest.mark.pg(">=15")
@pytest.mark.parametrize("title", OPTIONS)
def test_options_arrive(db, project, title):
    round_trip(db, project, *OPTIONS[title])


@pytest.mark.parametrize("title", CASES)
def test_it_leads_to_the_tables_of_the_models_and_back(db, project, title):
    round_trip(db, project, *CASES[title])
