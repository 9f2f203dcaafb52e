"""Every story with the names of one test, each with its way back and its proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.db import quoted
from tests.support.names import Names
from tests.support.workflows import renaming, retyping


@dataclass(frozen=True)
class Story:
    """What a revision runs on the table of some names.

    Attributes:
        upgrade: makes the call from the names.
        downgrade: makes the way back from the names.
        setup: further statements before.
    """

    upgrade: Callable[[Names], str]
    downgrade: Callable[[Names], str]
    setup: Callable[[Names], tuple[str, ...]] = lambda _names: ()


def _at(n: Names) -> str:
    return f"schema={n.schema!r}"


def _drop(n: Names, type_: str) -> str:
    return (
        f"op.drop_constraint_safely({n.constraint!r}, {n.table!r}, {type_!r}, {_at(n)})"
    )


def _with_index(n: Names) -> tuple[str, ...]:
    return (f"CREATE INDEX {quoted(n.index)} ON {n.t} ({n.c})",)


def _from(type_: str, n: Names) -> str:
    return f"existing_type=sa.{type_}, {_at(n)}"


STORIES = {
    "index": Story(
        lambda n: (
            f"op.create_index_concurrently({n.index!r}, {n.table!r}, [{n.column!r}],"
            f" postgresql_include=[{n.new_column!r}], {_at(n)})"
        ),
        lambda n: f"op.drop_index_concurrently({n.index!r}, {n.table!r}, {_at(n)})",
    ),
    "unique-index": Story(
        lambda n: (
            f"op.create_index_concurrently({n.index!r}, {n.table!r}, [{n.column!r}],"
            f" unique=True, {_at(n)})"
        ),
        lambda n: f"op.drop_index_concurrently({n.index!r}, {_at(n)})",
    ),
    "reindex": Story(
        lambda n: (
            f"op.reindex_concurrently({n.index!r}, {_at(n)})\n"
            f"op.reindex_concurrently(table_name={n.table!r}, {_at(n)})"
        ),
        lambda _names: "pass",
        _with_index,
    ),
    "replace-index": Story(
        lambda n: (
            f"op.replace_index_concurrently({n.index!r}, {n.table!r},"
            f" [{n.new_column!r}, {n.column!r}], {_at(n)})"
        ),
        lambda n: (
            f"op.replace_index_concurrently({n.index!r}, {n.table!r}, [{n.column!r}],"
            f" {_at(n)})"
        ),
        _with_index,
    ),
    "not-null": Story(
        lambda n: f"op.add_not_null_two_phase({n.table!r}, {n.column!r}, {_at(n)})",
        lambda n: f"op.drop_not_null({n.table!r}, {n.column!r}, {_at(n)})",
    ),
    "check": Story(
        lambda n: (
            f"op.create_check_constraint_two_phase({n.constraint!r}, {n.table!r},"
            f" sa.column({n.column!r}) != '50% :x', {_at(n)})"
        ),
        lambda n: _drop(n, "check"),
    ),
    "check-then-validate": Story(
        lambda n: (
            f"op.create_check_constraint_two_phase({n.constraint!r}, {n.table!r},"
            f" {n.c + ' IS NOT NULL'!r}, validate=False, {_at(n)})\n"
            f"op.validate_constraint({n.constraint!r}, {n.table!r}, {_at(n)})"
        ),
        lambda n: _drop(n, "check"),
    ),
    "foreign-key": Story(
        lambda n: (
            f"op.create_foreign_key_two_phase({n.constraint!r}, {n.table!r},"
            f" {n.table!r}, [{n.new_column!r}], [{n.column!r}],"
            f" source_schema={n.schema!r}, referent_schema={n.schema!r},"
            " ondelete='SET NULL')"
        ),
        lambda n: _drop(n, "foreignkey"),
        lambda n: (f"ALTER TABLE {n.t} ADD UNIQUE ({n.c})",),
    ),
    "unique": Story(
        lambda n: (
            f"op.create_unique_constraint_concurrently({n.constraint!r}, {n.table!r},"
            f" [{n.column!r}], {_at(n)})"
        ),
        lambda n: _drop(n, "unique"),
    ),
    "primary-key": Story(
        lambda n: (
            f"op.create_primary_key_concurrently({n.constraint!r}, {n.table!r},"
            f" [{n.column!r}], {_at(n)})"
        ),
        lambda n: (
            f"{_drop(n, 'primary')}\n"
            f"op.drop_not_null({n.table!r}, {n.column!r}, {_at(n)})"
        ),
    ),
    "rename-column": Story(
        lambda n: renaming(n.table, n.column, "zdt %s new", _at(n)),
        lambda n: renaming(n.table, "zdt %s new", n.column, _at(n)),
    ),
    "column-type": Story(
        lambda n: retyping(n.table, n.column, "sa.String(80)", _from("Text", n)),
        lambda n: retyping(n.table, n.column, "sa.Text()", _from("String(80)", n)),
    ),
}
