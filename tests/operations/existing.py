"""What has the name already: the same in another spelling, or one option different."""

from __future__ import annotations

from dataclasses import dataclass, field

TABLES = (
    (
        'CREATE TABLE users (id int PRIMARY KEY, email text COLLATE "C", name text,'
        " age int, span int4range, during int4range, UNIQUE (email, name))"
    ),
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int, email text, name text)",
    "CREATE TABLE others (LIKE users INCLUDING ALL)",
)


@dataclass(frozen=True)
class Existing:
    """A call, and what may be there before it.

    Attributes:
        call: the directive.
        same: statements that make the same in other words.
        other: by what differs, statements that make something else of the name.
        since: the major version that knows the difference.
    """

    call: str
    same: tuple[str, ...]
    other: dict[str, str]
    since: dict[str, int] = field(default_factory=dict)


def _index(name: str, options: str = "") -> str:
    return f'op.create_index_concurrently("ix", "users", [{name}]{options})'


_UNIQUE = "op.create_unique_constraint_concurrently('uq', 'users', ['name']{})"
_KEY = "op.create_foreign_key_two_phase('fk', 'orders', 'users', ['user_id'], ['id']{})"
_ADD_KEY = "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES users"
_CHECK = "op.create_check_constraint_two_phase('ck', 'users', 'age > 0')"
_COLUMN = "op.expand_add_column('users', sa.Column('extra', {}))"
_ADD = "ALTER TABLE users ADD COLUMN extra"

EXISTING = {
    "index": Existing(
        _index('"email"'),
        (
            "CREATE INDEX ix ON users USING btree (email ASC NULLS LAST)",
            'CREATE INDEX "ix" ON users ("email" COLLATE "C" text_ops)',
        ),
        {
            "unique": "CREATE UNIQUE INDEX ix ON users (email)",
            "column": "CREATE INDEX ix ON users (name)",
            "columns": "CREATE INDEX ix ON users (email, name)",
            "order": "CREATE INDEX ix ON users (email DESC)",
            "nulls": "CREATE INDEX ix ON users (email NULLS FIRST)",
            "opclass": "CREATE INDEX ix ON users (email text_pattern_ops)",
            "collation": 'CREATE INDEX ix ON users (email COLLATE "POSIX")',
            "include": "CREATE INDEX ix ON users (email) INCLUDE (name)",
            "predicate": "CREATE INDEX ix ON users (email) WHERE age > 3",
            "storage": "CREATE INDEX ix ON users (email) WITH (fillfactor = 70)",
            "method": "CREATE INDEX ix ON users USING hash (email)",
            "expression": "CREATE INDEX ix ON users (lower(email))",
            "table": "CREATE INDEX ix ON others (email)",
            "view": "CREATE VIEW ix AS SELECT 1 AS one",
            "sequence": "CREATE SEQUENCE ix",
        },
    ),
    "index-if-not-exists": Existing(
        _index('"email"', ", if_not_exists=True"),
        ("CREATE INDEX ix ON users (email)",),
        {
            "predicate": "CREATE INDEX ix ON users (email) WHERE age > 3",
            "table": "CREATE INDEX ix ON others (email)",
            "view": "CREATE VIEW ix AS SELECT 1 AS one",
        },
    ),
    "index-unique": Existing(
        _index('"name"', ", unique=True, postgresql_nulls_not_distinct=False"),
        ("CREATE UNIQUE INDEX ix ON users (name)",),
        {
            "nulls-not-distinct": (
                "CREATE UNIQUE INDEX ix ON users (name) NULLS NOT DISTINCT"
            ),
            "constraint": "ALTER TABLE users ADD CONSTRAINT ix UNIQUE (name)",
            "deferrable": (
                "ALTER TABLE users ADD CONSTRAINT ix UNIQUE (name) DEFERRABLE"
            ),
        },
        {"same": 15, "nulls-not-distinct": 15},
    ),
    "index-expression": Existing(
        _index('sa.text("lower(email)")', ', postgresql_where=sa.text("age>3")'),
        (
            "CREATE INDEX ix ON users ((lower(email)::text)) WHERE ((age) > (3))",
            'CREATE INDEX ix ON users (LOWER("email")) WHERE "age" > \'3\'::int',
        ),
        {
            "predicate": "CREATE INDEX ix ON users (lower(email)) WHERE age > 4",
            "no predicate": "CREATE INDEX ix ON users (lower(email))",
            "function": "CREATE INDEX ix ON users (upper(email)) WHERE age > 3",
        },
    ),
    "index-tablespace": Existing(
        _index('"email"', ', postgresql_tablespace="pg_default"'),
        ("CREATE INDEX ix ON users (email)",),
        {"order": "CREATE INDEX ix ON users (email DESC)"},
    ),
    "unique": Existing(
        _UNIQUE.format(""),
        (
            "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name) NOT DEFERRABLE",
            'ALTER TABLE users ADD CONSTRAINT "uq" UNIQUE ("name")',
        ),
        {
            "columns": "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (age)",
            "deferrable": (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name) DEFERRABLE"
            ),
            "deferred": (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name)"
                " DEFERRABLE INITIALLY DEFERRED"
            ),
            "include": (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name) INCLUDE (age)"
            ),
            "storage": (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name) WITH (fillfactor=70)"
            ),
            "nulls-not-distinct": (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE NULLS NOT DISTINCT (name)"
            ),
            "order": ("CREATE UNIQUE INDEX uq ON users (name DESC)"),
            "check": "ALTER TABLE users ADD CONSTRAINT uq CHECK (name <> '')",
            "not-null": "ALTER TABLE users ADD CONSTRAINT uq NOT NULL name",
            "exclude": (
                "ALTER TABLE users ADD CONSTRAINT uq EXCLUDE USING btree (name WITH =)"
            ),
            "table": "ALTER TABLE others ADD CONSTRAINT uq UNIQUE (name)",
        },
        {"nulls-not-distinct": 15, "not-null": 18},
    ),
    "unique-with-all": Existing(
        _UNIQUE.format(
            ", deferrable=True, initially='deferred', postgresql_include=['age']"
        ),
        (
            (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name) INCLUDE (age)"
                " INITIALLY DEFERRED"
            ),
        ),
        {
            "immediate": (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name) INCLUDE (age)"
                " DEFERRABLE"
            ),
            "no include": (
                "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name) INITIALLY DEFERRED"
            ),
        },
    ),
    "unique-without-overlaps": Existing(
        "op.create_unique_constraint_concurrently('uq', 'users', ['span', 'during'])",
        ("ALTER TABLE users ADD CONSTRAINT uq UNIQUE (span, during)",),
        {
            "without overlaps": (
                "ALTER TABLE users ADD CONSTRAINT uq"
                " UNIQUE (span, during WITHOUT OVERLAPS)"
            )
        },
        {"without overlaps": 18},
    ),
    "primary-key": Existing(
        "op.create_primary_key_concurrently('pk', 'keyless', ['a', 'b'])",
        ("ALTER TABLE keyless ADD CONSTRAINT pk PRIMARY KEY (a, b) NOT DEFERRABLE",),
        {
            "order": "ALTER TABLE keyless ADD CONSTRAINT pk PRIMARY KEY (b, a)",
            "include": "ALTER TABLE keyless ADD CONSTRAINT pk PRIMARY KEY (a, b)"
            " INCLUDE (c)",
            "deferrable": "ALTER TABLE keyless ADD CONSTRAINT pk PRIMARY KEY (a, b)"
            " DEFERRABLE",
            "unique": "ALTER TABLE keyless ADD CONSTRAINT pk UNIQUE (a, b)",
            "name": "ALTER TABLE keyless ADD CONSTRAINT pk2 PRIMARY KEY (a, b)",
        },
    ),
    "check": Existing(
        _CHECK,
        (
            "ALTER TABLE users ADD CONSTRAINT ck CHECK ((((age)) > 0::int))",
            'ALTER TABLE users ADD CONSTRAINT "ck" CHECK ("age" > 0)',
        ),
        {
            "condition": "ALTER TABLE users ADD CONSTRAINT ck CHECK (age >= 0)",
            "no inherit": (
                "ALTER TABLE users ADD CONSTRAINT ck CHECK (age > 0) NO INHERIT"
            ),
            "not enforced": (
                "ALTER TABLE users ADD CONSTRAINT ck CHECK (age > 0) NOT ENFORCED"
            ),
            "unique": "ALTER TABLE users ADD CONSTRAINT ck UNIQUE (age)",
        },
        {"not enforced": 18},
    ),
    "foreign-key": Existing(
        _KEY.format(""),
        (
            f"{_ADD_KEY} (id) MATCH SIMPLE ON DELETE NO ACTION NOT DEFERRABLE",
            f'{_ADD_KEY} ("id") INITIALLY IMMEDIATE',
        ),
        {
            "column": (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users"
            ),
            "referent": (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (user_id)"
                " REFERENCES others (id)"
            ),
            "on delete": f"{_ADD_KEY} (id) ON DELETE CASCADE",
            "on update": f"{_ADD_KEY} (id) ON UPDATE CASCADE",
            "match": f"{_ADD_KEY} (id) MATCH FULL",
            "deferrable": f"{_ADD_KEY} (id) DEFERRABLE",
            "deferred": f"{_ADD_KEY} (id) INITIALLY DEFERRED",
            "not enforced": f"{_ADD_KEY} (id) NOT ENFORCED",
            "check": "ALTER TABLE orders ADD CONSTRAINT fk CHECK (user_id > 0)",
        },
        {"not enforced": 18},
    ),
    "foreign-key-columns": Existing(
        "op.create_foreign_key_two_phase('fk', 'orders', 'users', ['email', 'name'],"
        " ['email', 'name'], ondelete='SET NULL (name)')",
        (
            (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (email, name)"
                ' REFERENCES users (email, name) ON DELETE SET NULL ("name")'
            ),
        ),
        {
            "columns": (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (email, name)"
                " REFERENCES users (email, name) ON DELETE SET NULL (email)"
            ),
            "all columns": (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (email, name)"
                " REFERENCES users (email, name) ON DELETE SET NULL"
            ),
            "action": (
                "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (email, name)"
                " REFERENCES users (email, name) ON DELETE SET DEFAULT (name)"
            ),
        },
        {"columns": 15, "all columns": 15, "action": 15, "same": 15},
    ),
    "column": Existing(
        _COLUMN.format("sa.String(20), server_default='new'"),
        (
            f"{_ADD} character varying (20) DEFAULT ('new'::varchar(20))",
            f"{_ADD} varchar(20) DEFAULT 'new'",
        ),
        {
            "type": f"{_ADD} text DEFAULT 'new'",
            "length": f"{_ADD} varchar(30) DEFAULT 'new'",
            "default": f"{_ADD} varchar(20) DEFAULT 'old'",
            "no default": f"{_ADD} varchar(20)",
            "collation": f"{_ADD} varchar(20) COLLATE \"C\" DEFAULT 'new'",
            "generated": f"{_ADD} varchar(20) GENERATED ALWAYS AS ('new') STORED",
        },
    ),
    "column-plain": Existing(
        _COLUMN.format("sa.Integer()"),
        (f"{_ADD} int4", 'ALTER TABLE users ADD COLUMN "extra" int NULL'),
        {
            "default": f"{_ADD} int DEFAULT 1",
            "identity": f"{_ADD} int GENERATED BY DEFAULT AS IDENTITY",
            "generated": f"{_ADD} int GENERATED ALWAYS AS (age + 1) STORED",
            "array": f"{_ADD} int[]",
        },
    ),
    "column-volatile": Existing(
        _COLUMN.format("sa.Float(), server_default=sa.text('random()')"),
        (f"{_ADD} float8 DEFAULT (pg_catalog.random())",),
        {"default": f"{_ADD} float8 DEFAULT 0.5"},
    ),
    "column-comment": Existing(
        _COLUMN.format("sa.Integer(), comment='ours'"),
        (f"{_ADD} int; COMMENT ON COLUMN users.extra IS 'ours'",),
        {
            "comment": f"{_ADD} int; COMMENT ON COLUMN users.extra IS 'theirs'",
            "no comment": f"{_ADD} int",
        },
    ),
    "column-identity": Existing(
        _COLUMN.format("sa.Integer(), sa.Identity(always=True, increment=10)"),
        (f"{_ADD} int GENERATED ALWAYS AS IDENTITY (INCREMENT BY 10 START WITH 1)",),
        {
            "kind": f"{_ADD} int GENERATED BY DEFAULT AS IDENTITY (INCREMENT 10)",
            "increment": f"{_ADD} int GENERATED ALWAYS AS IDENTITY",
            "cycle": f"{_ADD} int GENERATED ALWAYS AS IDENTITY (INCREMENT 10 CYCLE)",
            "max": f"{_ADD} int GENERATED ALWAYS AS IDENTITY"
            " (INCREMENT 10 MAXVALUE 1000)",
            "no identity": f"{_ADD} int",
        },
    ),
    "column-virtual": Existing(
        _COLUMN.format("sa.Integer(), sa.Computed('age + 1', persisted=False)"),
        (f"{_ADD} int GENERATED ALWAYS AS ((age) + 1) VIRTUAL",),
        {
            "expression": f"{_ADD} int GENERATED ALWAYS AS (age + 2) VIRTUAL",
            "stored": f"{_ADD} int GENERATED ALWAYS AS (age + 1) STORED",
            "default": f"{_ADD} int DEFAULT 1",
        },
        {"same": 18, "expression": 18, "stored": 18, "default": 18},
    ),
    "column-enum": Existing(
        _COLUMN.format("sa.Enum('new', 'paid', name='state')"),
        (
            f"CREATE TYPE state AS ENUM ('new', 'paid'); {_ADD} state",
            f"CREATE TYPE state AS ENUM ('new', 'held', 'paid'); {_ADD} \"state\"",
        ),
        {
            "values": "CREATE TYPE state AS ENUM ('new')",
            "order": "CREATE TYPE state AS ENUM ('paid', 'new')",
            "domain": "CREATE DOMAIN state AS text",
        },
    ),
    "enum-value": Existing(
        "op.add_enum_value('mood', 'calm', after='sad')",
        ("ALTER TYPE mood ADD VALUE 'calm' BEFORE 'happy'",),
        {"position": "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'sad'"},
    ),
    "not-null": Existing(
        "op.add_not_null_two_phase('users', 'age')",
        ("ALTER TABLE users ALTER age SET NOT NULL",),
        {"no inherit": "ALTER TABLE users ADD CONSTRAINT x NOT NULL age NO INHERIT"},
        {"no inherit": 18},
    ),
    "drop-constraint": Existing(
        "op.drop_constraint_safely('gone', 'users', 'unique')",
        ("SELECT 1",),
        {"type": "ALTER TABLE users ADD CONSTRAINT gone CHECK (age > 0)"},
    ),
    "drop-index": Existing(
        "op.drop_index_concurrently('gone', 'users')",
        ("SELECT 1",),
        {
            "table": "CREATE INDEX gone ON others (age)",
            "view": "CREATE VIEW gone AS SELECT 1 AS one",
        },
    ),
    "rename-constraint": Existing(
        "op.rename_constraint_safely('before', 'users', 'after')",
        ("ALTER TABLE users ADD CONSTRAINT after CHECK (age > 0)",),
        {
            "both": "ALTER TABLE users ADD CONSTRAINT after CHECK (age > 0),"
            " ADD CONSTRAINT before CHECK (age > 1)"
        },
    ),
    "rename-index": Existing(
        "op.rename_index_safely('before', 'after')",
        ("CREATE INDEX after ON users (age)",),
        {
            "both": "CREATE INDEX after ON users (age);"
            " CREATE INDEX before ON users (name)",
            "table": "CREATE TABLE before (a int)",
            "view": "CREATE VIEW before AS SELECT 1 AS a",
            "sequence": "CREATE SEQUENCE before",
        },
    ),
}
"""By name: what is run, and what is there before it."""

MORE = (
    "CREATE TABLE keyless (a int NOT NULL, b int NOT NULL, c int)",
    "CREATE TYPE mood AS ENUM ('sad', 'happy')",
)


def _param(case: Existing, option: str, statement: str) -> tuple[str, str, int]:
    return case.call, statement, case.since.get(option, 0)


SAME = {
    f"{name}-{number}": _param(case, "same", statement)
    for name, case in EXISTING.items()
    for number, statement in enumerate(case.same)
}
"""By name: (call, what makes the same before it, the version that knows it)."""

OTHER = {
    f"{name}-{option}": _param(case, option, statement)
    for name, case in EXISTING.items()
    for option, statement in case.other.items()
}
"""By name: (call, what makes another one before it, the version that knows it)."""
