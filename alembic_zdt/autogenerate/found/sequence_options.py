"""Options of sequences and identity columns that the models change.

https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Identity, Sequence
from sqlalchemy.types import TypeEngine

from alembic_zdt.autogenerate.found.alterations import FoundAlteration
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.columns.column_types import spelled

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_NARROWER = (
    "PostgreSQL refuses the new bounds while the last number is outside of them. Set "
    "another number with setval() before."
)
_QUERY = """SELECT n.nspname::text, c.relname::text,
  pg_catalog.format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax,
  s.seqstart, s.seqcache, s.seqcycle
FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"""

_ALONE = """SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
    AND d.deptype IN ('a', 'e', 'i'))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid)
ORDER BY 1, 2"""
"""The sequences that belong to no column and no extension, and that no default uses."""


@dataclass(frozen=True)
class _Options:
    """All options of a sequence, as ``ALTER SEQUENCE`` takes them."""

    type: str
    increment: int
    lowest: int
    highest: int
    start: int
    cache: int
    cycle: bool

    @classmethod
    def of(cls, sequence: Sequence | Identity, type_: str) -> _Options:
        """Complete the options of a model with PostgreSQL's defaults.

        Args:
            sequence: the model.
            type_: the sequence's type in the database, for a model that names none.
        """
        data_type = getattr(sequence, "data_type", None)
        if data_type is not None:
            type_ = spelled(data_type).lower()
        bits = _BITS.get(type_, 63)
        increment = sequence.increment or 1
        is_rising = increment > 0
        lowest, highest = sequence.minvalue, sequence.maxvalue
        if lowest is None:
            lowest = 1 if is_rising else -(2**bits)
        if highest is None:
            highest = 2**bits - 1 if is_rising else -1
        start = sequence.start
        if start is None:
            start = lowest if is_rising else highest
        cycle = bool(sequence.cycle)
        return cls(type_, increment, lowest, highest, start, sequence.cache or 1, cycle)

    @classmethod
    def of_row(cls, row: Mapping[str, Any], type_: str) -> _Options:
        """Read the identity of a reflected column."""
        names = ("increment", "minvalue", "maxvalue", "start", "cache", "cycle")
        return cls(type_, *(row[name] for name in names))

    @property
    def words(self) -> str:
        """Return the options as SQL."""
        return " ".join((f"AS {self.type}", *self.parts))

    @property
    def parts(self) -> Iterator[str]:
        """Yield all options but the type."""
        yield f"INCREMENT BY {self.increment}"
        yield f"MINVALUE {self.lowest}"
        yield f"MAXVALUE {self.highest}"
        yield f"START WITH {self.start}"
        yield f"CACHE {self.cache}"
        yield "CYCLE" if self.cycle else "NO CYCLE"


def is_same_identity(
    wanted: Identity | None, there: Mapping[str, Any] | None, type_: TypeEngine[Any]
) -> bool:
    """Check whether a model and a reflected column have the same identity."""
    if wanted is None or there is None:
        return wanted is None and there is None
    name = spelled(type_).lower()
    is_same = _Options.of(wanted, name) == _Options.of_row(there, name)
    return is_same and bool(wanted.always) == bool(there["always"])


def identity_words(identity: Identity, type_: TypeEngine[Any]) -> str:
    """Return the action of ``ALTER COLUMN`` that sets all options of an identity."""
    options = _Options.of(identity, spelled(type_).lower())
    always = "ALWAYS" if identity.always else "BY DEFAULT"
    return " ".join(f"SET {part}" for part in (f"GENERATED {always}", *options.parts))


def bound_notes(
    old: Sequence | Identity, new: Sequence | Identity, type_: TypeEngine[Any]
) -> tuple[str, ...]:
    """Return a note if the new bounds of an identity column are narrower."""
    name = spelled(type_).lower()
    return _notes(_Options.of(old, name), _Options.of(new, name))


def _notes(old: _Options, new: _Options) -> tuple[str, ...]:
    is_narrower = new.lowest > old.lowest or new.highest < old.highest
    return (_NARROWER,) if is_narrower else ()


def sequences_of(context: AutogenContext) -> dict[QualifiedName, Sequence]:
    """Return the sequences of the models, of columns and of the metadata."""
    given = context.metadata
    several: Any = given if isinstance(given, list | tuple) else [given]
    found: list[Sequence] = []
    for metadata in several:
        found += vars(metadata).get("_sequences", {}).values() if metadata else ()
    for table in context.sorted_tables:
        for column in table.columns:
            found += _of_column(column)
    named = {QualifiedName(str(each.name), _schema_of(each)): each for each in found}
    return dict(sorted(named.items(), key=lambda item: item[0].label))


def is_included(
    context: AutogenContext, sequence: Sequence, *, reflected: bool = False
) -> bool:
    """Ask the ``include_object`` hook of env.py whether a sequence is compared.

    Args:
        context: the context of the comparison.
        sequence: the sequence.
        reflected: True if only the database has it.
    """
    kind: Any = "sequence"  # Alembic's own calls never pass it
    return bool(
        context.run_object_filters(sequence, sequence.name, kind, reflected, None)
    )


def _of_column(column: Any) -> Iterator[Sequence]:
    value = getattr(column.server_default, "arg", None)
    for each in (column.default, getattr(value, "sequence", None)):
        if isinstance(each, Sequence) and not each.optional:
            yield each


def _schema_of(sequence: Sequence) -> str | None:
    schema: Any = sequence.schema
    return None if schema is None else str(schema)


def changed_sequences(
    context: AutogenContext, default_schema: str | None
) -> Iterator[FoundAlteration]:
    """Yield the changes of sequences that both sides have."""
    wanted = sequences_of(context)
    if not wanted or context.connection is None:
        return
    there = _present(Database(context.connection).rows(_QUERY))
    for name, sequence in wanted.items():
        old = there.get((name.schema or default_schema, name.name))
        new = None if old is None else _Options.of(sequence, old.type)
        if old is None or new is None or old == new:
            continue
        if is_included(context, sequence):
            start = f"ALTER SEQUENCE {name.sql} "
            sides = old.words, new.words
            difference = ("modify_sequence", name.schema, name.name, *sides)
            yield FoundAlteration(
                difference, start + new.words, start + old.words, _notes(old, new)
            )


def left_over(context: AutogenContext, default_schema: str | None) -> list[str]:
    """Describe the sequences that the models do not have."""
    if context.connection is None:
        return []
    schemas = {str(t.schema or default_schema) for t in context.sorted_tables}
    schemas.add(str(default_schema))
    known = {
        (name.schema or default_schema, name.name) for name in sequences_of(context)
    }
    return [
        f'sequence "{name}" of schema "{schema}", which the models do not have'
        for schema, name in Database(context.connection).rows(_ALONE)
        if schema in schemas
        and (schema, name) not in known
        and is_included(context, Sequence(name, schema=schema), reflected=True)
    ]


def _present(rows: Iterable[Any]) -> dict[tuple[str | None, str], _Options]:
    return {(schema, name): _Options(*options) for schema, name, *options in rows}
