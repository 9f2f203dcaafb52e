"""Each suggestion, pasted into revisions, leads where the original statement does.

Each statement has a table of its own, so that all of them run in one schema: the
originals in one upgrade, the suggestions in another.
"""

from __future__ import annotations

import itertools
import random
import re

from alembic_zdt.checks.engine import lint as look
from alembic_zdt.checks.suggestions.safe_calls import NO_READY_CALL
from alembic_zdt.commands.lint import lint
from alembic_zdt.commands.lint.offline_run import OfflineRun

SHARED = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE teams (id int PRIMARY KEY, code int, UNIQUE (id, code));
INSERT INTO teams SELECT n, n FROM generate_series(1, 9) n;
CREATE FUNCTION inet_of(text) RETURNS inet LANGUAGE sql IMMUTABLE
AS 'SELECT $1::inet';
"""
OWN = """
CREATE TABLE {t} (
    id int NOT NULL, email text, name varchar(40), age int, team int, data jsonb,
    "Odd" text, mood mood DEFAULT 'sad', code varchar(10) NOT NULL DEFAULT 'x'
);
INSERT INTO {t} SELECT n, 'E' || n, 'n' || n, n * 10, n FROM generate_series(1, 5) n;
"""


def sql(text):
    """Return the call that runs SQL."""
    return f"op.execute({text!r})"


def indexes():
    """CREATE INDEX, with every option beside several others."""
    chosen = random.Random(23)  # noqa: S311  # not a secret
    columns = [
        "email",
        "email DESC",
        "age NULLS FIRST",
        "age DESC NULLS LAST",
        "email text_pattern_ops",
        "email text_pattern_ops DESC",
        'email COLLATE "C"',
        'email COLLATE "C" DESC',
        '"Odd" DESC',
        "lower(email)",
        "(age + team)",
        "((data ->> 'x')::int) DESC",
    ]
    rests = [
        "",
        " INCLUDE (age, name)",
        " WITH (fillfactor = 70, deduplicate_items)",
        " TABLESPACE pg_default",
        " WHERE age > 1 AND name <> 'a:b'",
        " INCLUDE (team) WITH (fillfactor = 60) WHERE email IS NOT NULL",
    ]
    chosen.shuffle(columns)
    for column, rest in zip(columns, itertools.cycle(rests), strict=False):
        second = chosen.choice(["", ", age", ", name DESC"])
        unique = "UNIQUE " if rest and not second else ""
        yield sql(f"CREATE {unique}INDEX ix_{{t}} ON {{t}} ({column}{second}){rest}")
    yield sql("CREATE INDEX ix_{t} ON {t} USING gin (data)")
    yield sql(
        "CREATE INDEX ix_{t} ON {t} USING gin (data jsonb_path_ops)"
        " WITH (fastupdate = off)"
    )
    yield sql("CREATE INDEX ix_{t} ON {t} USING brin (age) WITH (pages_per_range = 64)")
    yield sql("CREATE INDEX ix_{t} ON {t} USING hash (email)")
    yield sql("CREATE INDEX ix_{t} ON {t} USING gist (inet_of('::1') inet_ops)")
    yield sql("CREATE INDEX ON {t} (email, age)")
    yield sql("CREATE INDEX ON {t} (lower(email)) INCLUDE (age)")
    yield sql("CREATE INDEX IF NOT EXISTS ix_{t} ON {t} (email)")
    yield 'op.create_index(None, "{t}", ["email", "age"])'
    yield (
        'op.create_index("ix_{t}", "{t}", [sa.text("lower(email)"), "age"],'
        ' unique=True, postgresql_where=sa.text("age > 1"),'
        ' postgresql_include=["name"], postgresql_with={{"fillfactor": 50}})'
    )
    yield (
        'op.create_index("ix_{t}", "{t}", ["email"], schema="",'
        ' postgresql_using="hash")'
    )
    yield (
        'op.create_index("ix_{t}", "{t}", ["email"],'
        ' postgresql_ops={{"email": "text_pattern_ops"}})'
    )


KEYS = [
    "FOREIGN KEY (team) REFERENCES teams (id)",
    "FOREIGN KEY (team) REFERENCES teams (id) ON DELETE CASCADE ON UPDATE SET NULL",
    "FOREIGN KEY (team, id) REFERENCES teams (id, code) MATCH FULL ON DELETE RESTRICT",
    (
        "FOREIGN KEY (team) REFERENCES teams (id) ON DELETE SET DEFAULT"
        " DEFERRABLE INITIALLY DEFERRED"
    ),
]
CONSTRAINTS = [
    *KEYS,
    "UNIQUE (email) INCLUDE (age)",
    "UNIQUE (email) WITH (fillfactor = 70)",
    "UNIQUE (email) USING INDEX TABLESPACE pg_default",
    "UNIQUE (email) DEFERRABLE",
    "UNIQUE (email, age) DEFERRABLE INITIALLY DEFERRED",
    "CHECK (age > 0)",
    "CHECK (age > team)",
    "CHECK (name <> 'a:b' AND age::text <> '')",
    "PRIMARY KEY (id)",
]


def constraints():
    """ADD CONSTRAINT, with and without a name."""
    for number, each in enumerate(CONSTRAINTS):
        name = "CONSTRAINT k_{t} " if number % 2 else ""
        yield sql(f"ALTER TABLE {{t}} ADD {name}{each}")
    yield sql(
        "ALTER TABLE {t} ADD CONSTRAINT k_{t} CHECK (age > 0) NOT VALID;"
        " ALTER TABLE {t} VALIDATE CONSTRAINT k_{t}"
    )
    yield 'op.create_foreign_key(None, "{t}", "teams", ["team"], ["id"])'
    yield (
        'op.create_foreign_key("fk_{t}", "{t}", "teams", ["team"], ["id"],'
        ' onupdate="CASCADE", ondelete="SET NULL", deferrable=True,'
        ' initially="DEFERRED")'
    )
    yield 'op.create_unique_constraint(None, "{t}", ["email", "age"])'
    yield (
        'op.create_unique_constraint("u_{t}", "{t}", ["email"], deferrable=True,'
        ' initially="DEFERRED")'
    )
    yield 'op.create_check_constraint(None, "{t}", "age > 0")'
    yield 'op.create_check_constraint("k", "{t}", sa.column("age") > 0, schema="")'
    yield 'op.create_primary_key(None, "{t}", ["id"])'


COLUMNS = [
    "int UNIQUE",
    "int CONSTRAINT u_{t} UNIQUE DEFERRABLE INITIALLY DEFERRED",
    "int UNIQUE WITH (fillfactor = 70)",
    'text COLLATE "C" UNIQUE',
    "citext UNIQUE",
    "inet CONSTRAINT c CHECK (family(c) = 4)",
    "int[] CHECK (c <> '{{}}')",
    "numeric(9, 2)[] UNIQUE",
    "interval(3) UNIQUE",
    "timestamptz(3) UNIQUE",
    "timestamp(0) UNIQUE",
    "time UNIQUE",
    "timetz(2) UNIQUE",
    "bit(3) UNIQUE",
    "varbit UNIQUE",
    "real UNIQUE",
    "float8 UNIQUE",
    "int4range UNIQUE",
    "tsvector UNIQUE",
    "char(2) UNIQUE",
    'varchar(9) COLLATE "C" UNIQUE',
    "int NOT NULL DEFAULT 1 CHECK (c > 0)",
    "int NOT NULL DEFAULT 1 CHECK (c < age)",
    (
        "bigint GENERATED ALWAYS AS IDENTITY"
        " (START 5 INCREMENT BY 2 MINVALUE 3 MAXVALUE 99999 CACHE 7 CYCLE)"
    ),
    "bigint GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 3 NO MINVALUE NO CYCLE)",
]


def columns():
    """ADD COLUMN, with what comes with it."""
    for each in COLUMNS:
        yield sql(f"ALTER TABLE {{t}} ADD c {each}")
    for each in (
        'sa.Integer(), sa.ForeignKey("teams.id", ondelete="CASCADE", deferrable=True)',
        "sa.Text(), unique=True, index=True",
        'sa.Text(), index=True, comment="a note"',
        'sa.Integer(), sa.CheckConstraint("c > 0", name="positive")',
        'sa.Integer(), sa.CheckConstraint("c > 0"), server_default="7"',
        'sa.Enum("a", "b", name="k", native_enum=False, create_constraint=True)',
        "postgresql.JSONB(astext_type=sa.Text()), index=True",
        "sa.ARRAY(sa.Text()), unique=True",
        "postgresql.ARRAY(sa.String(3), dimensions=2), unique=True",
        "sa.BigInteger(), sa.Identity(start=7), nullable=False, unique=True",
    ):
        yield f'op.add_column("{{t}}", sa.Column("c", {each}))'


def alterations():
    """ALTER COLUMN, one change or several at once."""
    for each in (
        "nullable=False",
        'nullable=False, existing_type=sa.Text(), comment="a note"',
        "type_=sa.CHAR(30)",
        "type_=sa.Text, nullable=False, existing_type=sa.String(40)",
        "type_=sa.String(60), existing_type=sa.Text()",
        'type_=sa.String(20), server_default="none", existing_type=sa.Text()',
        'new_column_name="mail"',
        'type_=postgresql.BYTEA(), postgresql_using="email::bytea"',
    ):
        column = "name" if "40" in each else "email"
        yield f'op.alter_column("{{t}}", "{column}", {each})'
    for each in (
        'type_=sa.BigInteger(), existing_type=sa.Integer(), comment="longer"',
        'type_=sa.Numeric(9, 2), server_default=sa.text("7")',
    ):
        yield f'op.alter_column("{{t}}", "age", {each})'
    for each in (
        "nullable=True",
        "server_default=None",
        'nullable=True, server_default=None, existing_type=sa.String(10), comment="n"',
    ):
        yield f'op.alter_column("{{t}}", "code", {each})'
    yield sql("ALTER TABLE {t} ALTER email SET NOT NULL")
    yield sql("ALTER TABLE {t} ALTER COLUMN age TYPE bigint")
    yield sql("ALTER TABLE {t} ALTER COLUMN age TYPE bigint USING age::bigint")
    yield sql("ALTER TABLE {t} ALTER code DROP NOT NULL, ALTER code DROP DEFAULT")
    yield sql("ALTER TABLE {t} RENAME COLUMN age TO years")


DROPS = [
    sql("REINDEX TABLE {t}"),
    'op.drop_column("{t}", "email")',
    'op.drop_table("{t}")',
    'op.rename_table("{t}", "{t}_new")',
    sql("ALTER TABLE {t} RENAME TO {t}_new"),
    sql("DROP TABLE {t}"),
    sql("ALTER TABLE {t} DROP COLUMN email, DROP COLUMN age"),
]
ROWS = [
    "UPDATE {t} SET email = lower(email)",
    "UPDATE {t} SET data = NULL, age = 3",
    "UPDATE {t} SET name = 'large' WHERE age > 20",
    "UPDATE {t} SET name = 'large', email = code WHERE age > 20 OR team = 1",
    "UPDATE {t} SET data = '{{}}'::jsonb WHERE data IS NULL",
    "UPDATE {t} SET mood = 'happy' WHERE mood = 'sad'",
    "UPDATE {t} SET email = NULL WHERE email IS NOT NULL AND age <> 10",
    "UPDATE {t} SET email = NULL WHERE email <> 'E1'",
    "UPDATE {t} SET age = CASE WHEN team > 2 THEN 1 ELSE 2 END",
    "UPDATE {t} SET email = coalesce(email, 'none'), age = team * 2 + id",
    "UPDATE {t} SET email = name || ':' || age WHERE NOT (team = 4)",
    "UPDATE {t} SET code = 'y' WHERE code <> 'y'",
]
STATEMENTS = [
    *indexes(),
    *constraints(),
    *columns(),
    *alterations(),
    *DROPS,
    *map(sql, ROWS),
]
SINCE_15 = [
    sql("CREATE UNIQUE INDEX ix_{t} ON {t} (email) NULLS NOT DISTINCT"),
    sql("ALTER TABLE {t} ADD CONSTRAINT u_{t} UNIQUE NULLS NOT DISTINCT (email)"),
    sql(
        "ALTER TABLE {t} ADD FOREIGN KEY (team, id) REFERENCES teams (id, code)"
        " ON DELETE SET NULL (team)"
    ),
]
_PHASE = re.compile(r"  # (expand|migrate|contract)$")
_PHASES = ("expand", "migrate", "contract")


def test_each_suggestion_does_what_the_statement_does(db, project):
    is_newer = int(db.value("SHOW server_version_num")) >= 150000
    given = [*STATEMENTS, *(SINCE_15 if is_newer else ())]
    statements = {f"t{n}": text.format(t=f"t{n}") for n, text in enumerate(given)}
    for table, text in statements.items():
        project.revision(table, text)
    said = suggestions(project)
    assert said.keys() == statements.keys()
    assert [each for each in said.values() if NO_READY_CALL in each] == []
    wanted = outcome(db, project, statements)

    for path in project.scripts():
        path.unlink()
    project.last = None
    for table, calls in said.items():
        for number, call in enumerate(in_phases(calls)):
            project.revision(f"{table}_{number}", call)

    assert lint(project.config()).findings == ()
    found = outcome(db, project, statements)
    assert sorted(wanted - found) == []
    assert sorted(found - wanted) == []


def test_column_is_dropped_with_what_others_share(db, project):
    project.revision(
        "r1",
        'op.create_table("m", sa.Column("a", sa.Integer, primary_key=True),'
        ' sa.Column("b", sa.Integer, unique=True))\n'
        'op.create_table("t", *(sa.Column(c, sa.Integer) for c in "abcd"),'
        ' sa.UniqueConstraint("a", "b"), sa.PrimaryKeyConstraint("c", "b"),'
        ' sa.CheckConstraint("a < b", name="small"), sa.Index("ix_t", "d", "b"),'
        ' sa.Index("ix_b", "b"))',
    )
    project.revision("r2", 'op.drop_column("t", "b")')
    (found,) = lint(project.config()).findings
    project.upgrade("r1", x=["zdt.guard=off"])

    project.revision("r2", found.suggestion)
    project.upgrade(x=["zdt.allow_same_run=on"])

    left = db.column(
        "SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass"
        " AND attnum > 0 AND NOT attisdropped ORDER BY 1"
    )
    assert left == ["a", "c", "d"]


def test_key_of_a_column_is_dropped_before_it(project):
    project.revision(
        "r1", 'op.create_table("m", sa.Column("a", sa.Integer, primary_key=True))'
    )
    project.revision("r2", 'op.drop_column("m", "a")')

    (found,) = lint(project.config()).findings

    call = "op.drop_constraint_safely('m_pkey', 'm', 'primary')  # expand"
    assert found.suggestion.splitlines()[0] == call


def suggestions(project):
    """Return what is said of each revision alone, and once for each call in it."""
    run = OfflineRun(project.config(), "heads", downgrade=False)
    recorded = run.recorded()
    found = {}
    for revision in recorded.revisions:
        every = look([revision], migration=recorded.context)
        calls = dict.fromkeys(each.suggestion for each in every if each.suggestion)
        if calls:
            found[revision.script.revision] = "\n".join(calls)
    return found


def in_phases(calls):
    """Return the calls in the order in which their phases run."""
    lines = calls.splitlines()
    phases = [_PHASE.search(line) for line in lines]
    places = [_PHASES.index(each[1]) if each else 0 for each in phases]
    return [line for _, line in sorted(zip(places, lines, strict=True), key=first)]


def first(pair):
    return pair[0]


def outcome(db, project, tables):
    """Return the facts of the catalog and all rows after the revisions have run."""
    db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
    db.execute(SHARED + "".join(OWN.format(t=table) for table in tables))
    project.upgrade(x=["zdt.guard=off"])
    row = "SELECT to_jsonb(t)::text FROM {} t ORDER BY 1"
    catalog = db.catalog()
    names = [name for name, kind, *_ in catalog["tables"] if kind == "r"]
    facts = {
        (subject, *map(str, row)) for subject in catalog for row in catalog[subject]
    }
    return facts | {
        (name, *found) for name in names for found in db.rows(row.format(name))
    }
