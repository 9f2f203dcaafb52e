"""One case for each kind of change of the models."""

from __future__ import annotations

from dataclasses import dataclass

ID = 'sa.Column("id", sa.Integer, primary_key=True)'
SETUP = "CREATE TABLE users (id int PRIMARY KEY, email text)"


@dataclass(frozen=True)
class Case:
    """A change of the models.

    Attributes:
        id: for pytest, and of its golden file.
        title: the change in words, for the documentation.
        before: the statements that make what is there.
        models: the source of the models after the change.
        phases: the phases that it needs, in order.
        instead: statements that lead to the same catalog; empty: what stock
            autogenerate writes does.
        pg: which servers it needs.
    """

    id: str
    title: str
    before: tuple[str, ...]
    models: str
    phases: tuple[str, ...]
    instead: tuple[str, ...] = ()
    pg: str = ""


def users(*columns: str, more: str = "", before: str = SETUP) -> tuple:
    """Models of the table users, behind what is there of it."""
    parts = ", ".join((ID, *columns))
    models = f'metadata = sa.MetaData()\nusers = sa.Table("users", metadata, {parts})'
    return (before,), f"{models}\n{more}\n"


EMAIL = 'sa.Column("email", sa.Text)'
EXPAND, MIGRATE, CONTRACT = "expand", "migrate", "contract"

CASES = (
    Case(
        "index",
        "a new index",
        *users('sa.Column("email", sa.Text, index=True)'),
        (EXPAND,),
    ),
    Case(
        "index-unique",
        "a new unique index",
        *users('sa.Column("email", sa.Text, index=True, unique=True)'),
        (EXPAND,),
    ),
    Case(
        "index-expression",
        "a new index on an expression, of some of the rows",
        *users(
            EMAIL,
            more='sa.Index("ix_users_lower", sa.func.lower(users.c.email).desc(),'
            " postgresql_where=users.c.email != 'a:b')",
        ),
        (EXPAND,),
    ),
    Case(
        "index-changed",
        "an index that changes, under the same name",
        *users(
            EMAIL,
            more='sa.Index("ix_users_email", users.c.email, users.c.id)',
            before=f"{SETUP}; CREATE INDEX ix_users_email ON users (email)",
        ),
        (EXPAND,),
    ),
    Case(
        "index-changed-unique",
        "a unique index that changes, under the same name",
        *users(
            EMAIL,
            more='sa.Index("ix_users_email", users.c.email, users.c.id, unique=True)',
            before=f"{SETUP}; CREATE UNIQUE INDEX ix_users_email ON users (email)",
        ),
        (CONTRACT,),
    ),
    Case(
        "index-dropped",
        "an index that goes",
        *users(EMAIL, before=f"{SETUP}; CREATE INDEX ix_users_email ON users (email)"),
        (CONTRACT,),
    ),
    Case(
        "unique",
        "a new unique constraint",
        *users('sa.Column("email", sa.Text, unique=True)'),
        (EXPAND,),
    ),
    Case(
        "unique-changed",
        "a unique constraint that changes, under the same name",
        *users(
            EMAIL,
            'sa.UniqueConstraint("email", "id", name="uq_users")',
            before=f"{SETUP}; ALTER TABLE users ADD CONSTRAINT uq_users UNIQUE (email)",
        ),
        (CONTRACT,),
    ),
    Case(
        "unique-dropped",
        "a unique constraint that goes",
        *users(
            EMAIL,
            before=f"{SETUP}; ALTER TABLE users ADD CONSTRAINT uq_users UNIQUE (email)",
        ),
        (CONTRACT,),
    ),
    Case(
        "add-column",
        "a new column",
        *users(EMAIL, 'sa.Column("age", sa.Integer, comment="in years")'),
        (EXPAND,),
    ),
    Case(
        "add-column-default",
        "a new column with a constant default",
        *users(EMAIL, 'sa.Column("age", sa.Integer, server_default="7")'),
        (EXPAND,),
    ),
    Case(
        "add-column-not-null-default",
        "a new column, NOT NULL with a constant default",
        *users(
            EMAIL,
            'sa.Column("age", sa.Integer, nullable=False, server_default=sa.text("7"))',
        ),
        (EXPAND,),
    ),
    Case(
        "add-column-volatile",
        "a new column with a default that gives another value each time",
        *users(
            EMAIL,
            'sa.Column("token", sa.Uuid, nullable=False,'
            ' server_default=sa.text("gen_random_uuid()"))',
        ),
        (MIGRATE,),
    ),
    Case(
        "add-column-not-null",
        "a new column, NOT NULL without a default",
        *users(EMAIL, 'sa.Column("age", sa.Integer, nullable=False)'),
        (EXPAND, CONTRACT),
    ),
    Case(
        "add-column-python-default",
        "a new column, NOT NULL with a default of the model",
        *users(EMAIL, 'sa.Column("kind", sa.Text, default="it\'s", nullable=False)'),
        (EXPAND, CONTRACT),
    ),
    Case(
        "add-column-computed",
        "a new generated column, stored",
        *users(
            EMAIL,
            'sa.Column("twice", sa.Integer, sa.Computed("id * 2", persisted=True))',
        ),
        (EXPAND,),
    ),
    Case(
        "add-column-identity",
        "a new identity column",
        *users(EMAIL, 'sa.Column("number", sa.BigInteger, sa.Identity(always=True))'),
        (MIGRATE,),
    ),
    Case(
        "add-column-virtual",
        "a new generated column, virtual",
        *users(
            EMAIL,
            'sa.Column("twice", sa.Integer, sa.Computed("id * 2", persisted=False))',
        ),
        (EXPAND,),
        pg=">=18",
    ),
    Case(
        "add-column-with-everything",
        "a new column with an index, a unique constraint and a foreign key",
        *users(
            EMAIL,
            'sa.Column("boss", sa.ForeignKey("users.id", ondelete="SET NULL"),'
            " index=True)",
            'sa.Column("badge", sa.Integer, unique=True)',
        ),
        (EXPAND,),
    ),
    Case(
        "add-column-checked",
        "a new column whose type brings a CHECK",
        *users(
            EMAIL,
            'sa.Column("kind", sa.Enum("a", "b", name="ck_kind", native_enum=False,'
            " create_constraint=True))",
        ),
        (EXPAND,),
        instead=(
            "ALTER TABLE users ADD kind varchar(1)",
            "ALTER TABLE users ADD CONSTRAINT ck_kind CHECK (kind IN ('a', 'b'))",
        ),
    ),
    Case(
        "drop-column",
        "a column that goes",
        *users(),
        (CONTRACT,),
    ),
    Case(
        "drop-column-not-null",
        "a column that goes, NOT NULL without a default",
        *users(before="CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)"),
        (EXPAND, CONTRACT),
    ),
    Case(
        "drop-column-indexed",
        "a column that goes with an index and a foreign key",
        *users(
            before="CREATE TABLE users (id int PRIMARY KEY, boss int REFERENCES users);"
            "CREATE INDEX ix_users_boss ON users (boss)"
        ),
        (CONTRACT,),
    ),
    Case(
        "not-null",
        "NOT NULL on",
        *users('sa.Column("email", sa.Text, nullable=False)'),
        (CONTRACT,),
    ),
    Case(
        "nullable",
        "NOT NULL off",
        *users(
            EMAIL, before="CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)"
        ),
        (EXPAND,),
    ),
    Case(
        "type-stored-alike",
        "a type that is stored alike",
        *users(
            'sa.Column("email", sa.String(100))',
            before="CREATE TABLE users (id int PRIMARY KEY, email varchar(50))",
        ),
        (EXPAND,),
    ),
    Case(
        "type",
        "another type",
        *users(
            EMAIL,
            'sa.Column("age", sa.BigInteger)',
            before="CREATE TABLE users (id int PRIMARY KEY, email text, age int)",
        ),
        (EXPAND, MIGRATE, CONTRACT),
    ),
    Case(
        "type-time-zone",
        "a time zone where there was none",
        *users(
            EMAIL,
            'sa.Column("seen", sa.DateTime(timezone=True))',
            before="CREATE TABLE users (id int PRIMARY KEY, email text,"
            " seen timestamp)",
        ),
        (EXPAND, MIGRATE, CONTRACT),
    ),
    Case(
        "type-and-all",
        "another type, NOT NULL and another default at once",
        *users(
            'sa.Column("age", sa.BigInteger, nullable=False, server_default="8",'
            ' comment="in years")',
            before="CREATE TABLE users (id int PRIMARY KEY, age int DEFAULT 7)",
        ),
        (EXPAND, MIGRATE, CONTRACT),
    ),
    Case(
        "default-set",
        "a default where there was none",
        *users('sa.Column("email", sa.Text, server_default="nobody")'),
        (EXPAND,),
    ),
    Case(
        "default-changed",
        "another default",
        *users(
            'sa.Column("email", sa.Text, server_default="nobody")',
            before="CREATE TABLE users (id int PRIMARY KEY, email text DEFAULT 'x')",
        ),
        (EXPAND,),
    ),
    Case(
        "default-dropped",
        "a default that goes",
        *users(
            EMAIL,
            before="CREATE TABLE users (id int PRIMARY KEY, email text DEFAULT 'x')",
        ),
        (CONTRACT,),
    ),
    Case(
        "rename-column",
        "a column under another name, by a hint",
        *users(
            'sa.Column("mail", sa.Text, nullable=False, unique=True,'
            ' info={"zdt": {"renamed_from": "email"}})',
            'sa.CheckConstraint("mail <> \'\'", name="ck_mail")',
            before="CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL UNIQUE"
            " CONSTRAINT ck_mail CHECK (email <> ''));"
            "CREATE INDEX ix_users_lower ON users (lower(email))",
            more='sa.Index("ix_users_lower", sa.func.lower(users.c.mail))',
        ),
        (EXPAND, MIGRATE, CONTRACT),
        instead=("ALTER TABLE users RENAME email TO mail",),
    ),
    Case(
        "rename-column-and-more",
        "a column under another name, with a new index, a default and NOT NULL",
        *users(
            'sa.Column("mail", sa.Text, nullable=False, index=True, server_default="x",'
            ' info={"zdt": {"renamed_from": "email"}})',
            before=f"{SETUP}; CREATE INDEX ix_users_email ON users (email)",
        ),
        (EXPAND, MIGRATE, CONTRACT),
        instead=(
            "ALTER TABLE users RENAME email TO mail",
            "ALTER INDEX ix_users_email RENAME TO ix_users_mail",
            "ALTER TABLE users ALTER mail SET DEFAULT 'x', ALTER mail SET NOT NULL",
        ),
    ),
    Case(
        "rename-referred-column",
        "a column under another name that foreign keys refer to",
        *users(
            EMAIL,
            'sa.Column("number", sa.Integer, unique=True,'
            ' info={"zdt": {"renamed_from": "no"}})',
            before=f"{SETUP}; ALTER TABLE users ADD no int;"
            "ALTER TABLE users ADD CONSTRAINT users_number_key UNIQUE (no);"
            "CREATE TABLE orders (id int PRIMARY KEY,"
            " user_no int REFERENCES users (no))",
            more='sa.Table("orders", metadata,'
            ' sa.Column("id", sa.Integer, primary_key=True),'
            ' sa.Column("user_no", sa.ForeignKey("users.number")))',
        ),
        (EXPAND, MIGRATE, CONTRACT),
        instead=("ALTER TABLE users RENAME no TO number",),
    ),
    Case(
        "rename-table",
        "a table under another name, by a hint",
        (
            (
                "CREATE TABLE people (id int PRIMARY KEY, email text);"
                "CREATE INDEX ix_people_email ON people (email);"
                "CREATE TABLE orders (id int PRIMARY KEY,"
                " user_id int REFERENCES people)"
            ),
        ),
        """metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text, index=True), info={"zdt": {"renamed_from": "people"}})
sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id")))
""",
        (EXPAND, CONTRACT),
        instead=(
            "ALTER TABLE people RENAME TO users",
            "ALTER INDEX ix_people_email RENAME TO ix_users_email",
        ),
    ),
    Case(
        "index-renamed",
        "an index under another name",
        *users(
            'sa.Column("email", sa.Text, index=True)',
            before=f"{SETUP}; CREATE INDEX ix_old ON users (email)",
        ),
        (EXPAND,),
    ),
    Case(
        "unique-renamed",
        "a unique constraint under another name",
        *users(
            EMAIL,
            'sa.UniqueConstraint("email", name="uq_new")',
            before=f"{SETUP}; ALTER TABLE users ADD CONSTRAINT uq_old UNIQUE (email)",
        ),
        (CONTRACT,),
    ),
    Case(
        "check",
        "a new CHECK constraint",
        *users(EMAIL, 'sa.CheckConstraint("id > 0", name="ck_users_id")'),
        (CONTRACT,),
    ),
    Case(
        "check-of-new-columns",
        "a new CHECK constraint of columns that are new",
        *users(
            EMAIL,
            'sa.Column("low", sa.Integer)',
            'sa.Column("high", sa.Integer)',
            'sa.CheckConstraint(sa.column("low") < sa.column("high"), name="ck_low")',
        ),
        (EXPAND,),
    ),
    Case(
        "check-dropped",
        "a CHECK constraint that goes",
        *users(
            EMAIL,
            before=f"{SETUP}; ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 0)",
        ),
        (EXPAND,),
    ),
    Case(
        "foreign-key",
        "a new foreign key",
        *users(
            'sa.Column("boss", sa.ForeignKey("users.id", name="fk_boss"))',
            before="CREATE TABLE users (id int PRIMARY KEY, boss int)",
        ),
        (CONTRACT,),
    ),
    Case(
        "foreign-key-changed",
        "a foreign key that changes, under the same name",
        *users(
            'sa.Column("boss", sa.ForeignKey("users.id", ondelete="CASCADE"))',
            before="CREATE TABLE users (id int PRIMARY KEY, boss int REFERENCES users)",
        ),
        (CONTRACT,),
    ),
    Case(
        "foreign-key-dropped",
        "a foreign key that goes",
        *users(
            'sa.Column("boss", sa.Integer)',
            before="CREATE TABLE users (id int PRIMARY KEY, boss int REFERENCES users)",
        ),
        (CONTRACT,),
    ),
    Case(
        "new-table",
        "a new table, with indexes and a foreign key to one that is in use",
        *users(
            EMAIL,
            more='sa.Table("orders", metadata,'
            ' sa.Column("id", sa.Integer, primary_key=True),'
            ' sa.Column("parent_id", sa.ForeignKey("orders.id")),'
            ' sa.Column("user_id", sa.ForeignKey("users.id"), index=True),'
            ' sa.Column("code", sa.Text, unique=True), comment="bought")',
        ),
        (EXPAND,),
    ),
    Case(
        "new-table-alone",
        "a new table",
        *users(
            EMAIL,
            more='sa.Table("tags", metadata,'
            ' sa.Column("id", sa.Integer, primary_key=True),'
            ' sa.Column("name", sa.Text, index=True))',
        ),
        (EXPAND,),
    ),
    Case(
        "drop-table",
        "a table that goes",
        *users(
            EMAIL,
            before=f"{SETUP}; CREATE TABLE orders (id int PRIMARY KEY,"
            " user_id int REFERENCES users, code text UNIQUE);"
            "CREATE INDEX ix_orders_user_id ON orders (user_id)",
        ),
        (CONTRACT,),
    ),
    Case(
        "drop-tables-that-refer",
        "tables that go and refer to each other",
        *users(
            EMAIL,
            before=f"{SETUP}; CREATE TABLE a (id int PRIMARY KEY, b_id int);"
            "CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);"
            "CREATE TABLE c (id int PRIMARY KEY, b_id int REFERENCES b);"
            "ALTER TABLE a ADD CONSTRAINT a_b_id_fkey FOREIGN KEY (b_id) REFERENCES b",
        ),
        (CONTRACT,),
        instead=("ALTER TABLE a DROP b_id", "DROP TABLE c, b, a"),
    ),
    Case(
        "enum-value",
        "values that an enum type gets",
        *users(
            'sa.Column("mood", sa.Enum("new", "sad", "fine", "happy", "last",'
            ' name="mood"))',
            before="CREATE TYPE mood AS ENUM ('sad', 'happy');"
            "CREATE TABLE users (id int PRIMARY KEY, mood mood)",
        ),
        (EXPAND,),
        instead=(
            "ALTER TYPE mood ADD VALUE 'new' BEFORE 'sad'",
            "ALTER TYPE mood ADD VALUE 'fine' AFTER 'sad'",
            "ALTER TYPE mood ADD VALUE 'last'",
        ),
    ),
    Case(
        "comments",
        "comments",
        *users('sa.Column("email", sa.Text, comment="it\'s")', 'comment="people"'),
        (EXPAND,),
    ),
)
