"""The workflows that a round may choose, each as both versions of the application see.

To add one, add a ``Workflow`` to ``WORKFLOWS``.  The values of a field are whole
numbers; a ``Side`` turns one into what its version of the code reads and writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.workflows import renaming, renaming_value, retyping

Raw = str | int | None


def text(number: int) -> Raw:
    """Return the value of a field of text."""
    return f"v{number}"


def number(value: int) -> Raw:
    """Return the value of a field of numbers."""
    return value


def one_of(*labels: str) -> Callable[[int], Raw]:
    """Return what chooses one of the labels."""
    return lambda value: labels[value % len(labels)]


def up_to(count: int) -> Callable[[int], Raw]:
    """Return what chooses a number from 1 to *count*."""
    return lambda value: value % count + 1


@dataclass(frozen=True)
class Side:
    """A column as one version of the code knows it.

    Attributes:
        column: its name.
        raw: the value that a number becomes.
        read: how it is selected.
        write: how a parameter is written.
    """

    column: str
    raw: Callable[[int], Raw] = text
    read: str = "{}"
    write: str = "%s"


@dataclass(frozen=True)
class Field:
    """What the application stores of a row.

    Attributes:
        column: the definition of the column before the first migration, if there is
            one.
        rows: SQL over n for the value of the n-th of the first rows; NULL if empty.
        old: how old code knows it; not at all by default.
        new: how new code knows it.
        starts: the number in the n-th of the first rows; ``None`` is NULL.
        filled: what a migration writes in place of NULL, in the row of an id.
    """

    column: str
    rows: str
    old: Side | None = None
    new: Side | None = None
    starts: Callable[[int], int | None] = lambda n: n
    filled: Callable[[int], Raw] = text

    def reads(self, reader: Side, writer: Side | None, number: int) -> Raw:
        """Return what one version reads of a number that another has written."""
        wrote = writer or self.old or reader
        is_same = wrote.column == reader.column
        return wrote.raw(number) if is_same else reader.raw(number)


@dataclass(frozen=True)
class Workflow:
    """A change of the schema under two versions of an application.

    Attributes:
        name: what a line of the report calls it.
        fields: what the application stores.
        up: the calls of expand, migrate and contract.
        down: the calls that take them back.
        table: the table as old and as new code know it.
        before: statements before the tables are made.
        after: statements behind that.
        returns: whether the downgrade brings back what the contract dropped.
        known: SQLSTATEs that the docs announce for upserts while the window is open.
    """

    name: str
    fields: tuple[Field, ...]
    up: tuple[str, str, str]
    down: tuple[str, str, str]
    table: tuple[str, str | None] = ("users", "users")
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    returns: bool = True
    known: tuple[str, ...] = ()


Phases = tuple[str, str, str]


def _phases(forth: str, back: str) -> tuple[Phases, Phases]:
    """Return the calls of a workflow of three phases, whose window opens both ways."""
    expand, migrate, contract = forth.split("\n")
    expand_back, migrate_back, contract_back = back.split("\n")
    down = contract_back, "", f"{expand_back}\n{migrate_back}"
    return (expand, migrate, contract), down


def _null(_n: int) -> None:
    """Return what is in a column that old code does not know."""


def _shared(column: str, rows: str, raw: Callable[[int], Raw] = text) -> Field:
    """Return a field that both versions know by the same name."""
    side = Side(column.split(maxsplit=1)[0], raw)
    return Field(column, rows, old=side, new=side)


_VIEW = 'strategy="view"'
_PRICE = 'new_column_name="price", using="total::text", reverse_using="price::int"'
_TOTAL = 'new_column_name="total", using="price::int", reverse_using="total::text"'
_AT = (
    'new_column_name="seen_at", using="seen AT TIME ZONE \'UTC\'",'
    " reverse_using=\"seen_at AT TIME ZONE 'UTC'\""
)
_SEEN = (
    'new_column_name="seen", using="seen_at AT TIME ZONE \'UTC\'",'
    " reverse_using=\"seen AT TIME ZONE 'UTC'\""
)
_TEMPER = (
    'existing_type=sa.Enum("sad", "happy", name="mood"), new_column_name="temper",'
    ' new_enum_name="temper"'
)
_MOOD = (
    'existing_type=sa.Enum("sad", "glad", name="temper"), new_column_name="mood",'
    ' new_enum_name="mood"'
)
_EPOCH = "extract(epoch FROM {})::int"

WORKFLOWS = (
    Workflow(
        "rename-column",
        (
            Field(
                "email text NOT NULL", "'v' || n", old=Side("email"), new=Side("mail")
            ),
        ),
        *_phases(
            renaming("users", "email", "mail"), renaming("users", "mail", "email")
        ),
    ),
    Workflow(
        "rename-column-indexed",
        (Field("login text", "'v' || n", old=Side("login"), new=Side("nick")),),
        *_phases(
            renaming("users", "login", "nick"), renaming("users", "nick", "login")
        ),
        after=(
            "CREATE UNIQUE INDEX ix_users_login ON users (login)",
            "CREATE INDEX ix_users_lower ON users (lower(login))",
        ),
        known=("23505",),
    ),
    Workflow(
        "rename-column-by-view",
        (Field("body text", "'v' || n", old=Side("body"), new=Side("content")),),
        *_phases(
            renaming("events", "body", "content", _VIEW),
            renaming("events", "content", "body", _VIEW),
        ),
        table=("events", "events"),
    ),
    Workflow(
        "rename-table",
        (_shared("cost int", "n", number),),
        (
            'op.expand_rename_table("orders", "purchases")',
            "",
            'op.contract_rename_table("orders", "purchases")',
        ),
        (
            'op.contract_rename_table("purchases", "orders")',
            "",
            'op.expand_rename_table("orders", "purchases", view_only=True)',
        ),
        table=("orders", "purchases"),
    ),
    Workflow(
        "column-type",
        (_shared("points int", "n", number),),
        *_phases(
            retyping(
                "users", "points", "sa.BigInteger()", "existing_type=sa.Integer()"
            ),
            retyping(
                "users", "points", "sa.Integer()", "existing_type=sa.BigInteger()"
            ),
        ),
        after=("CREATE INDEX ix_users_points ON users (points)",),
    ),
    Workflow(
        "column-type-by-name",
        (
            Field(
                "total int",
                "n",
                old=Side("total", number),
                new=Side("price", str),
            ),
        ),
        *_phases(
            retyping(
                "users", "total", "sa.Text()", f"{_PRICE}, existing_type=sa.Integer()"
            ),
            retyping(
                "users", "price", "sa.Integer()", f"{_TOTAL}, existing_type=sa.Text()"
            ),
        ),
    ),
    Workflow(
        "column-type-with-zone",
        (
            Field(
                "seen timestamp",
                "to_timestamp(n) AT TIME ZONE 'UTC'",
                old=Side(
                    "seen",
                    number,
                    _EPOCH,
                    "to_timestamp(%s) AT TIME ZONE 'UTC'",
                ),
                new=Side("seen_at", number, _EPOCH, "to_timestamp(%s)"),
            ),
        ),
        *_phases(
            retyping(
                "users",
                "seen",
                "sa.DateTime(timezone=True)",
                f"{_AT}, existing_type=sa.DateTime()",
            ),
            retyping(
                "users",
                "seen_at",
                "sa.DateTime()",
                f"{_SEEN}, existing_type=sa.DateTime(timezone=True)",
            ),
        ),
    ),
    Workflow(
        "rename-enum-value",
        (
            Field(
                "mood mood DEFAULT 'sad'",
                "(ARRAY['sad', 'happy'])[n % 2 + 1]::mood",
                old=Side("mood", one_of("sad", "happy"), "{}::text", "%s::mood"),
                new=Side("temper", one_of("sad", "glad"), "{}::text", "%s::temper"),
            ),
        ),
        *_phases(
            renaming_value("users", "mood", "happy", "glad", _TEMPER),
            renaming_value("users", "temper", "glad", "happy", _MOOD),
        ),
        before=("CREATE TYPE mood AS ENUM ('sad', 'happy')",),
    ),
    Workflow(
        "enum-value",
        (
            Field(
                "size size",
                "(ARRAY['small', 'big'])[n % 2 + 1]::size",
                old=Side("size", one_of("small", "big"), "{}::text", "%s::size"),
                new=Side(
                    "size", one_of("small", "big", "huge"), "{}::text", "%s::size"
                ),
            ),
        ),
        ('op.add_enum_value("size", "huge", after="small")', "", ""),
        ("", "", ""),
        before=("CREATE TYPE size AS ENUM ('small', 'big')",),
    ),
    Workflow(
        "not-null",
        (
            Field(
                "name text",
                "CASE WHEN n % 3 = 0 THEN 'v' || n END",
                old=Side("name"),
                new=Side("name"),
                starts=lambda n: None if n % 3 else n,
                filled=lambda _id: "nobody",
            ),
        ),
        ("", "", 'op.add_not_null_two_phase("users", "name", backfill="\'nobody\'")'),
        ("", "", 'op.drop_not_null("users", "name")'),
    ),
    Workflow(
        "add-column",
        (Field("", "", new=Side("rank", number), starts=_null, filled=lambda _id: 0),),
        (
            (
                'op.expand_add_column("users", sa.Column("rank", sa.Integer(),'
                ' nullable=False, server_default="0"))'
            ),
            "",
            "",
        ),
        ('op.contract_drop_column("users", "rank")', "", ""),
    ),
    Workflow(
        "add-column-filled",
        (Field("", "", new=Side("level", number), starts=_null, filled=number),),
        (
            (
                'op.expand_add_column("users", sa.Column("level", sa.Integer()),'
                ' backfill="id")'
            ),
            "",
            "",
        ),
        ('op.contract_drop_column("users", "level")', "", ""),
    ),
    Workflow(
        "drop-column",
        (Field("legacy text NOT NULL", "'v' || n", old=Side("legacy")),),
        (
            'op.expand_drop_column("users", "legacy")',
            "",
            'op.contract_drop_column("users", "legacy")',
        ),
        (
            'op.add_not_null_two_phase("users", "legacy", backfill="\'none\'")',
            "",
            'op.expand_add_column("users", sa.Column("legacy", sa.Text()))',
        ),
    ),
    Workflow(
        "drop-table",
        (Field("body text", "'v' || n", old=Side("body")),),
        ("", "", 'op.contract_drop_table("notes")'),
        ("", "", ""),
        table=("notes", None),
        returns=False,
    ),
    Workflow(
        "backfill",
        (
            Field(
                "slug text",
                "",
                new=Side("slug"),
                starts=_null,
                filled=lambda id_: f"u{id_}",
            ),
        ),
        (
            "",
            (
                'op.backfill("users", {"slug": "\'u\' || id"}, where="slug IS NULL",'
                " batch_size=50)"
            ),
            "",
        ),
        ("", "", ""),
    ),
    Workflow(
        "foreign-key",
        (_shared("team_id int", "n % 5 + 1", up_to(5)),),
        (
            (
                'op.create_foreign_key_two_phase("fk_users_team_id", "users", "teams",'
                ' ["team_id"], ["id"])'
            ),
            "",
            "",
        ),
        (
            'op.drop_constraint_safely("fk_users_team_id", "users", "foreignkey")',
            "",
            "",
        ),
        before=(
            "CREATE TABLE teams (id int PRIMARY KEY)",
            "INSERT INTO teams SELECT generate_series(1, 5)",
            "GRANT SELECT ON teams TO {app}",
        ),
    ),
    Workflow(
        "unique",
        (_shared("code int", "n", number),),
        (
            (
                'op.create_unique_constraint_concurrently("uq_users_code", "users",'
                ' ["code"])'
            ),
            "",
            "",
        ),
        ('op.drop_constraint_safely("uq_users_code", "users", "unique")', "", ""),
    ),
    Workflow(
        "check",
        (_shared("age int", "n", number),),
        (
            'op.create_check_constraint_two_phase("ck_users_age", "users", "age >= 0")',
            "",
            "",
        ),
        ('op.drop_constraint_safely("ck_users_age", "users", "check")', "", ""),
    ),
    Workflow(
        "index",
        (_shared("city text", "'v' || n"),),
        ('op.create_index_concurrently("ix_users_city", "users", ["city"])', "", ""),
        ('op.drop_index_concurrently("ix_users_city", "users")', "", ""),
    ),
)
