"""Renames, which look like a drop and an addition when schemas are compared.

So the author has to declare them: in the model, on the command line, or when asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations.ops import (
    DropColumnOp,
    DropTableOp,
    ModifyTableOps,
    UpgradeOps,
)

from alembic_zdt.errors import UndefinedObjectError, UsageError

Key = tuple[str | None, str]
"""Schema, None for the default one, and name of a table."""


@dataclass(frozen=True)
class Rename:
    """A table or a column that gets another name.

    Attributes:
        schema: the schema, None for the default one.
        table: the name of the table, its new name if the table is renamed as well.
        old: old name of the column or of the table.
        new: new name of the column or of the table.
        is_table: whether the table is renamed.
        source: place of the declaration, for messages.
    """

    schema: str | None
    table: str
    old: str
    new: str
    is_table: bool
    source: str

    @property
    def is_hint_of_model(self) -> bool:
        """Check whether a model declares the rename, even after it is done."""
        return self.source.startswith("info of ")

    @property
    def label(self) -> str:
        """Return the old name for messages, for example ``users.email``."""
        parts = (self.schema, None if self.is_table else self.table, self.old)
        return ".".join(part for part in parts if part)


@dataclass(frozen=True)
class Sides:
    """The tables and columns of the database and of the models.

    Attributes:
        database: table -> its columns, as the comparison shows them.
        models: table -> its columns.
    """

    database: Mapping[Key, frozenset[str]]
    models: Mapping[Key, frozenset[str]]


# ------------------------------------------------------------------------- the sources


def of_models(metadata: Any, default_schema: str | None) -> Iterator[Rename]:
    """Yield the renames that ``info={"zdt": {"renamed_from": ...}}`` declares."""
    several = metadata if isinstance(metadata, list | tuple) else [metadata]
    for table in (t for one in several if one is not None for t in one.tables.values()):
        schema = None if table.schema == default_schema else table.schema
        name = str(table.name)
        old = _renamed_from(table.info, f'table "{name}"')
        if old:
            yield Rename(schema, name, old, name, True, f'info of table "{name}"')
        for column in table.columns:
            new = str(column.name)
            words = f'column "{name}.{new}"'
            old = _renamed_from(column.info, words)
            if old:
                yield Rename(schema, name, old, new, False, f"info of {words}")


def _renamed_from(info: Mapping[Any, Any], words: str) -> str | None:
    hints = info.get("zdt")
    if hints is None:
        return None
    if not isinstance(hints, Mapping) or set(hints) - {"renamed_from"}:
        raise UsageError(
            f'info={{"zdt": {hints!r}}} of {words} is not understood',
            detail='The only hint is "renamed_from".',
            hint='Write info={"zdt": {"renamed_from": "old_name"}}.',
        )
    old = hints.get("renamed_from")
    return None if old is None else str(old)


def refuse_unused(
    metadata: Any, used: Sequence[Rename], upgrade_ops: UpgradeOps
) -> None:
    """Refuse to drop an object that a model renames, if the hint was not used.

    Raises:
        UsageError: a hint names a column or a table that would be dropped.
    """
    known = {(each.table, each.old) for each in used}
    gone = set(_dropped(upgrade_ops.ops))
    for hint in of_models(metadata, None) if gone else ():
        of_table = (None, hint.old if hint.is_table else hint.table)
        lost = gone & {of_table, (hint.table, hint.old)}
        if (hint.table, hint.old) in known or not lost:
            continue
        name = ".".join(part for part in min(lost, key=str) if part)
        raise UsageError(
            f'the rename in {hint.source} is not used: "{name}" would be dropped',
            detail=(
                "The comparison covers another schema than the model names, or the "
                "table has another name in the database."
            ),
            hint="Compare with the search_path and the schema of the models, or remove "
            "the hint.",
            table=hint.table,
        )


def _dropped(operations: Iterable[Any]) -> Iterator[tuple[str | None, str]]:
    """Yield (None, table) for each dropped table, (table, column) for each column."""
    for op in operations:
        if isinstance(op, ModifyTableOps):
            yield from _dropped(op.ops)
        elif isinstance(op, DropColumnOp):
            yield str(op.table_name), str(op.column_name)
        elif isinstance(op, DropTableOp):
            yield None, str(op.table_name)


def of_text(text: str, option: str, sides: Sides) -> Rename:
    """Parse a rename: ``users.email:email_address`` or ``users:people``.

    Raises:
        UsageError: it is not of this form.
    """
    old, colon, new = text.rpartition(":")
    parts = old.split(".")
    if not colon or not new or not all(parts) or len(parts) > 3:
        raise UsageError(
            f'{option} "{text}" is not understood',
            detail="The forms are table.old:new for a column and old:new for a table. "
            "A schema can be written before the table: schema.table.old:new.",
            hint=f"Write {option} users.email:email_address, for example.",
        )
    source = f"{option} {text}"
    as_table = Rename(_schema(parts[:-1]), new, parts[-1], new, True, source)
    if len(parts) == 1 or (as_table.schema, as_table.old) in sides.database:
        return as_table
    table = parts[-2]
    return Rename(_schema(parts[:-2]), table, parts[-1], new, False, source)


def _schema(parts: Sequence[str]) -> str | None:
    return ".".join(parts) or None


# -------------------------------------------------------------------------- the checks


def checked(renames: Iterable[Rename], sides: Sides) -> list[Rename]:
    """Return the renames that are still to be done, tables first.

    A hint in a model stays there after the rename is done.

    Raises:
        UsageError: two renames contradict each other, the models still have the old
            name, or the database has both names.
        UndefinedObjectError: the models lack the new name, or the database lacks both
            names or the table.
    """
    given = sorted(dict.fromkeys(renames), key=lambda each: not each.is_table)
    left = [each for each in given if _is_to_be_done(each, given, sides)]
    unique = {(e.schema, e.table, e.old, e.new, e.is_table): e for e in reversed(left)}
    found = [each for each in left if each in unique.values()]
    _refuse_contradictions(found)
    return found


def _is_to_be_done(rename: Rename, given: Sequence[Rename], sides: Sides) -> bool:
    there, wanted = _names(rename, given, sides)
    if there is None or not sides.database:
        if rename.is_hint_of_model:  # an old hint and a new database
            return False
        return _unless(rename, "table", rename.table)
    if rename.new not in wanted:
        raise UndefinedObjectError(
            f'"{rename.new}" of {rename.source} is not in the models',
            detail="The models must already use the new name.",
            hint="Use the new name in the models, too, or correct the rename.",
        )
    if rename.old in wanted:
        raise UsageError(
            f'"{rename.label}" is renamed to "{rename.new}", but is still in the '
            "models",
            detail=f"The rename comes from {rename.source}.",
            hint="Remove the old name from the models, or remove the rename.",
        )
    if rename.old in there and rename.new in there:
        raise UsageError(
            f'cannot rename "{rename.label}" to "{rename.new}", which exists already',
            detail=f"The rename comes from {rename.source}.",
            hint=f'Choose another name, or drop "{rename.new}" first.',
        )
    if rename.old not in there and rename.new not in there:
        return _unless(rename, "table" if rename.is_table else "column", rename.label)
    return rename.old in there


def _unless(rename: Rename, kind: str, words: str) -> bool:
    raise UndefinedObjectError(
        f'{kind} "{words}" does not exist',
        detail=f"The rename comes from {rename.source}.",
        hint="Correct the hint, or remove it.",
    )


def _names(
    rename: Rename, given: Sequence[Rename], sides: Sides
) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return the names of the database and of the models that a rename may concern."""
    if rename.is_table:
        return _tables(rename, sides.database), _tables(rename, sides.models)
    key = (rename.schema, rename.table)
    before = [e.old for e in given if e.is_table and (e.schema, e.new) == key]
    old_key = (rename.schema, before[0]) if before else key
    there = sides.database.get(key) or sides.database.get(old_key)
    return there, sides.models.get(key, frozenset())


def _tables(rename: Rename, side: Mapping[Key, Any]) -> frozenset[str]:
    return frozenset(name for schema, name in side if schema == rename.schema)


def _refuse_contradictions(renames: Sequence[Rename]) -> None:
    for end in ("old", "new"):
        first: dict[Any, Rename] = {}
        for each in renames:
            place = None if each.is_table else each.table
            key = (each.schema, place, getattr(each, end))
            other = first.setdefault(key, each)
            if other is not each:
                raise UsageError(
                    f'"{each.label}" is renamed to "{each.new}", and "{other.label}" '
                    f'to "{other.new}"',
                    detail=f"The renames come from {other.source} and {each.source}.",
                    hint="Remove one of the two renames.",
                )
