"""Read which tables and columns the calls of a revision use.

The file is read, not run.  An argument is known if it is a constant, or names a
variable of the module that is a text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alembic_zdt.names import QualifiedName
from alembic_zdt.phases import Phase, phase_of_call

TIGHTENING = frozenset(
    {"add_not_null_two_phase", "alter_column", "alter_column_safely"}
)
"""Operations that may add NOT NULL, which breaks code that omits the column."""

_TABLE_FIRST = frozenset(
    {
        "add_column",
        "alter_column",
        "alter_column_safely",
        "add_not_null_two_phase",
        "backfill",
        "batch_alter_table",
        "create_table",
        "create_table_comment",
        "drop_column",
        "drop_not_null",
        "drop_table",
        "drop_table_comment",
        "remove_enum_value",
        "rename_table",
    }
)
_TABLE_SECOND = frozenset(
    {
        "create_check_constraint",
        "create_check_constraint_two_phase",
        "create_exclude_constraint",
        "create_foreign_key",
        "create_foreign_key_two_phase",
        "create_index",
        "create_index_concurrently",
        "create_primary_key",
        "create_primary_key_concurrently",
        "create_unique_constraint",
        "create_unique_constraint_concurrently",
        "drop_constraint",
        "drop_constraint_safely",
        "drop_index",
        "drop_index_concurrently",
        "rename_constraint_safely",
        "replace_index_concurrently",
        "validate_constraint",
    }
)
_WITHOUT_TABLE = frozenset(
    {
        "add_enum_value",
        "f",
        "get_context",
        "inline_literal",
        "irreversible",
        "reindex_concurrently",
        "rename_index_safely",
        "safety_assured",
    }
)
"""Operations after which the same statements of an application work as before."""

_OF_WORKFLOWS = ("expand_", "migrate_", "contract_")
_TWO_TABLES = ("rename_table", "expand_rename_table", "contract_rename_table")
_TABLES = ("table_name", "source_table", "old_table_name", "new_table_name")
_COLUMNS = ("column_name", "new_column_name")


@dataclass(frozen=True)
class Touched:
    """A call with the tables and columns that it uses.

    Attributes:
        name: the name of the operation.
        tables: the tables that it changes, old and new names included.
        columns: columns of the table, empty for the table itself or if unknown.
        is_known: whether the names of the tables could be read.
        has_default: whether the column that it adds gets a default.
        tightens: whether code must write a column afterwards.
        drops_default: whether it drops the default of a column.
    """

    name: str
    tables: tuple[QualifiedName, ...] = ()
    columns: frozenset[str] = frozenset()
    is_known: bool = True
    has_default: bool = False
    tightens: bool = False
    drops_default: bool = False

    @property
    def is_contract(self) -> bool:
        """Check whether the call ends a workflow."""
        return phase_of_call(self.name) is Phase.CONTRACT

    @property
    def takes_away(self) -> bool:
        """Check whether the call breaks code that uses its tables or columns."""
        return self.is_contract or self.name in {"drop_column", "drop_table"}

    def meets(self, other: Touched) -> bool:
        """Return whether both calls use the same column, or the same table."""
        is_one = any(_is_same(a, b) for a in self.tables for b in other.tables)
        return is_one and (not self.columns or bool(self.columns & other.columns))


def _is_same(one: QualifiedName, other: QualifiedName) -> bool:
    schemas = {one.schema, other.schema} - {None}
    return one.name == other.name and len(schemas) < 2  # they differ


def touched(name: str, call: ast.Call, constants: Mapping[str, Any]) -> Touched:
    """Return the tables and columns that a call uses.

    Args:
        name: the name of the operation.
        call: the call, as it stands in the file.
        constants: variables of the module.
    """
    if name in _WITHOUT_TABLE:
        return Touched(name)
    read = _Reader(call, constants)
    tables = tuple(read.tables(name))
    columns = frozenset(read.columns(name))
    return Touched(
        name,
        tables,
        columns,
        is_known=bool(tables),
        has_default=read.has_default,
        tightens=name in TIGHTENING and read.tightens(name),
        drops_default=name in TIGHTENING and read.drops_default,
    )


def as_call(operation: Any) -> Touched:
    """Return the tables and columns that an operation uses.

    Args:
        operation: an operation of this package.
    """
    positional, named = operation.arguments()
    words = [ast.keyword(name, _node(value)) for name, value in named.items()]
    function = ast.Name(operation.directive)
    call = ast.Call(function, [_node(value) for value in positional], words)
    return touched(operation.directive, call, {})


def _node(value: Any) -> ast.expr:
    """Return an argument as syntax, with only the parts that are read here."""
    if value is None or isinstance(value, str | bool):
        return ast.Constant(value)
    if isinstance(value, Mapping):
        return ast.Dict([ast.Constant(key) for key in value], [])
    if not hasattr(value, "server_default"):
        return ast.Name("_")
    default = [value.server_default, value.identity, value.computed]
    is_given = any(each is not None for each in default)
    words = [ast.keyword("server_default", ast.Constant(is_given or None))]
    return ast.Call(ast.Name("Column"), [ast.Constant(str(value.name))], words)


@dataclass(frozen=True)
class _Reader:
    call: ast.Call
    constants: Mapping[str, Any]

    @property
    def words(self) -> dict[str | None, ast.expr]:
        return {word.arg: word.value for word in self.call.keywords}

    def text(self, node: ast.expr | None) -> str | None:
        """Return the string that an expression stands for, None if unknown."""
        found: Any = getattr(node, "value", None)
        if isinstance(node, ast.Name):
            found = self.constants.get(node.id)
        return str(found) if isinstance(found, str) else None

    def positional(self, place: int) -> str | None:
        args = self.call.args
        return self.text(args[place]) if place < len(args) else None

    def tables(self, name: str) -> Iterator[QualifiedName]:
        schema = self.words.get("schema") or self.words.get("source_schema")
        wanted = self.text(schema)
        is_unknown = schema is not None and wanted is None and not _is_none(schema)
        if is_unknown:
            return
        named = (self.text(self.words[key]) for key in _TABLES if key in self.words)
        places = (self.positional(place) for place in _places(name))
        for found in (*places, *named):
            if found is not None:
                yield QualifiedName(found, wanted)

    def columns(self, name: str) -> Iterator[str]:
        given = [self.words.get(key) for key in _COLUMNS]
        if name not in (*_TWO_TABLES, *_TABLE_SECOND):
            count = 3 if "rename_column" in name else 2
            given += self.call.args[1:count]
        for node in filter(None, (*given, self.words.get("column"))):
            yield from filter(None, self._names(node))

    def _names(self, node: ast.expr) -> Iterator[str | None]:
        """Yield the names of columns in a string, an sa.Column() or a dict's keys."""
        if isinstance(node, ast.Call):
            named = [word.value for word in node.keywords if word.arg == "name"]
            yield from (self.text(part) for part in (*node.args[:1], *named))
        elif isinstance(node, ast.Dict):
            yield from (self.text(key) for key in node.keys)
        else:
            yield self.text(node)

    @property
    def has_default(self) -> bool:
        """Check whether the call adds a column with a default."""
        columns = [
            node
            for node in (*self.call.args[1:2], self.words.get("column"))
            if isinstance(node, ast.Call)
        ]
        return any(
            word.arg == "server_default" and not _is_none(word.value)
            for column in columns
            for word in column.keywords
        ) or any(
            isinstance(part, ast.Call)
            and ast.unparse(part.func).endswith(("Identity", "Computed"))
            for column in columns
            for part in column.args
        )

    def tightens(self, name: str) -> bool:
        """Return whether the call adds NOT NULL, or drops a default."""
        if name == "add_not_null_two_phase":
            return True
        nullable = self.words.get("nullable")
        is_not_null = getattr(nullable, "value", None) is False
        return is_not_null or self.drops_default

    @property
    def drops_default(self) -> bool:
        """Check whether the call drops the default of a column."""
        default = self.words.get("server_default")
        return default is not None and _is_none(default)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _places(name: str) -> tuple[int, ...]:
    """Return the positions of the arguments that name tables."""
    if name in _TWO_TABLES:
        return (0, 1)
    if name in _TABLE_FIRST or name.startswith(_OF_WORKFLOWS):
        return (0,)
    return (1,) if name in _TABLE_SECOND else ()
