"""Renames and drops by stock operations of a revision, which may break running code.

The file is read, not run.  Objects that the same revision creates are left out, and
noted for its downgrade.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic_zdt.names import QualifiedName, first_63_bytes

_NAME = r'(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?'
_IF = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
_OF_COLUMN = "CONSTRAINT|DEFAULT|NOT|IDENTITY|EXPRESSION"
_TABLE = re.compile(
    rf"\bALTER\s+(?:FOREIGN\s+)?TABLE\s+{_IF}(?:ONLY\s+)?(?P<altered>{_NAME})[^;]*?\s"
    rf"(?:RENAME\s+(?!CONSTRAINT\b)|SET\s+SCHEMA\b|DROP\s+(?!(?:{_OF_COLUMN})\b)\S)"
    rf"|\bDROP\s+(?:FOREIGN\s+)?TABLE\s+{_IF}(?P<dropped>{_NAME}(?:\s*,\s*{_NAME})*)",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\bALTER\s+(?:SCHEMA|TYPE|DOMAIN|(?:MATERIALIZED\s+)?VIEW)\s[^;]*?\s"
    r"(?:RENAME\s+(?!CONSTRAINT\b)|SET\s+SCHEMA\b)"
    r"|\bDROP\s+SCHEMA\b[^;]*\bCASCADE\b",
    re.IGNORECASE,
)
_MADE = re.compile(
    rf"\bCREATE\s+(?:\w+\s+)?TABLE\s+{_IF}(?P<made>{_NAME})", re.IGNORECASE
)
_ALTERED = re.compile(
    rf"\bALTER\s+TABLE\s+{_IF}(?:ONLY\s+)?(?P<altered>{_NAME})(?P<how>[^;]*)",
    re.IGNORECASE,
)
_NO_COLUMN = "CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN|EXCLUDE|GENERATED"
_ADDED = re.compile(
    rf"\bADD\s+(?:COLUMN\s+)?{_IF}(?!(?:{_NO_COLUMN})\b)(?P<column>{_NAME})",
    re.IGNORECASE,
)
_NO_CODE = re.compile(r"--[^\n]*|/\*.*?\*/|'[^']*'", re.DOTALL)
_HINTS = re.compile(
    rb"drop_column|drop_table|rename_table|new_column_name|\bRENAME\b|\bDROP\b"
    rb"|\bSET[\s'\"\\]+SCHEMA\b",
    re.IGNORECASE,
)
_DOWNGRADE = re.compile(rb"^def downgrade\w*\(.*?(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
_CREATE = {"create", "create_all"}
_RUN_SQL = {"execute", "exec_driver_sql"}
_SQL_ARGUMENTS = {"sqltext", "statement"}


def may_remove(source: bytes) -> bool:
    """Check quickly whether a revision file may rename or drop something.

    Args:
        source: the source of the revision.
    """
    return _HINTS.search(_DOWNGRADE.sub(b"", source)) is not None


@dataclass
class Removals:
    """The tables and columns that a revision renames or drops.

    Attributes:
        tables: the tables that lose their name or a column.
        made: the tables that the revision creates.
        added: columns that the revision adds, each with its table, None if it is
            unknown.
        makes_others: whether something is made whose table is unknown.
        others: whether something is removed whose table is unknown.
    """

    tables: set[QualifiedName] = field(default_factory=set)
    made: set[QualifiedName] = field(default_factory=set)
    added: set[tuple[QualifiedName | None, str | None]] = field(default_factory=set)
    makes_others: bool = False
    others: bool = False

    def __bool__(self) -> bool:
        return bool(self.tables) or self.others

    def may_have_made(self, table: QualifiedName, column: str | None = None) -> bool:
        """Check whether the revision may create a table, or add a column.

        Args:
            table: the table, or the table of the column.
            column: the column, None for the table itself.
        """
        if self.makes_others or table in self.made:
            return True
        return column is not None and any(
            known in {table, None} and name in {column, None}
            for known, name in self.added
        )


def removals(
    functions: Sequence[ast.FunctionDef],
    operation: Callable[[ast.Call], str],
    constants: Mapping[str, Any],
) -> Removals:
    """Return the objects that the functions of a revision rename or drop.

    Args:
        functions: the functions of the upgrade.
        operation: a function that returns the name of the operation that a call runs.
        constants: variables of the module.
    """
    reader = _Reader(operation, constants)
    for function in functions:
        reader.visit(function)
    return reader.found


class _Reader(ast.NodeVisitor):
    def __init__(
        self, operation: Callable[[ast.Call], str], constants: Mapping[str, Any]
    ) -> None:
        self._operation, self._constants = operation, dict(constants)
        self._batches: dict[str, QualifiedName | None] = {}
        self.found = Removals()

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            call, alias = item.context_expr, item.optional_vars
            if not (isinstance(call, ast.Call) and isinstance(alias, ast.Name)):
                continue
            if self._operation(call) == "batch_alter_table":
                self._batches[alias.id] = self._table(call, 0)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        text = _constant_in(node.value)
        names = (each.id for each in node.targets if isinstance(each, ast.Name))
        self._constants |= dict.fromkeys(names, text)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _CREATE:
            self.found.makes_others = True
        elif isinstance(function, ast.Attribute) and function.attr in _RUN_SQL:
            self._sql(node)
        elif isinstance(function, ast.Attribute) and self._is_batch(function.value):
            batch = self._batches[ast.unparse(function.value)]
            self._call(function.attr, node, batch, 0)
        elif name := self._operation(node):
            self._call(name, node, self._table(node, 0), 1)

    def _is_batch(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._batches

    def _call(
        self, name: str, node: ast.Call, table: QualifiedName | None, column: int
    ) -> None:
        words = {word.arg: word.value for word in node.keywords}
        if name == "create_table":
            self._make(table)
        elif name in {"add_column", "expand_add_column"}:
            self.found.added.add((table, self._added_column(node, column)))
        elif name == "drop_column":
            given = words.get("column_name") or _at(node.args, column)
            if (table, self._text(given)) not in self.found.added:
                self._remove(table)
        elif name in {"drop_table", "rename_table"}:
            is_new = self._remove(table)
            new = self._text(words.get("new_table_name") or _at(node.args, 1))
            if is_new and name == "rename_table" and table and new:
                self.found.made.add(table.sibling(new))
        elif name == "alter_column" and not _is_none(words.get("new_column_name")):
            self._remove(table)

    def _make(self, table: QualifiedName | None) -> None:
        if table is None:
            self.found.makes_others = True
        else:
            self.found.made.add(table)

    def _remove(self, table: QualifiedName | None) -> bool:
        """Record a table that loses something, and return whether it is a new one."""
        if table is None:
            self.found.others = True
        elif table not in self.found.made:
            self.found.tables.add(table)
            return False
        return table is not None

    def _sql(self, node: ast.Call) -> None:
        text = _NO_CODE.sub("''", " ".join(self._texts(node)))
        self.found.made |= {_named(m["made"]) for m in _MADE.finditer(text)}
        for match in _ALTERED.finditer(text):
            table = _named(match["altered"])
            columns = (_named(m["column"]).name for m in _ADDED.finditer(match["how"]))
            self.found.added |= {(table, column) for column in columns}
        for match in _TABLE.finditer(text):
            names = match["altered"] or match["dropped"]
            for name in re.findall(_NAME, names):
                self._remove(_named(name))
        self.found.others |= _OTHER.search(text) is not None

    def _texts(self, node: ast.Call) -> Iterator[str]:
        """Yield the constant text of the arguments, even in ``sa.text()`` and f""."""
        named = [w.value for w in node.keywords if w.arg in _SQL_ARGUMENTS]
        for argument in (*node.args[:1], *named):
            for part in ast.walk(argument):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
                elif isinstance(part, ast.Name):
                    found = self._constants.get(part.id)
                    yield found if isinstance(found, str) else _text_of(found)

    def _added_column(self, node: ast.Call, place: int) -> str | None:
        column = _at(node.args, place)
        is_column = isinstance(column, ast.Call) and bool(column.args)
        return self._text(column.args[0]) if is_column else None  # type: ignore[union-attr]

    def _table(self, node: ast.Call, place: int) -> QualifiedName | None:
        words = {word.arg: word.value for word in node.keywords}
        named = words.get("table_name") or words.get("old_table_name")
        name = self._text(named or _at(node.args, place))
        schema = words.get("schema")
        found = self._text(schema)
        if name is None or (found is None and not _is_none(schema)):
            return None
        return QualifiedName(first_63_bytes(name), found and first_63_bytes(found))

    def _text(self, node: ast.expr | None) -> str | None:
        found: Any = getattr(node, "value", None)
        if isinstance(node, ast.Name):
            found = self._constants.get(node.id)
        return str(found) if isinstance(found, str) else None


def _constant_in(node: ast.expr) -> str | None:
    """Return the string constant of an expression, which a call may wrap."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        return _constant_in(node.args[0])
    found: Any = getattr(node, "value", None)
    return found if isinstance(found, str) else None


def _text_of(clause: object) -> str:
    """Return the SQL of a text clause, empty for anything else."""
    found = getattr(clause, "text", "")
    return found if isinstance(found, str) else ""


def _at(nodes: Sequence[ast.expr], place: int) -> ast.expr | None:
    return nodes[place] if place < len(nodes) else None


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _named(text: str) -> QualifiedName:
    """Parse the name of a table or column, with or without its schema."""
    parts = [
        first_63_bytes(part[1:-1] if part.startswith('"') else part.lower())
        for part in re.findall(r'"[^"]+"|\w+', text)
    ]
    return QualifiedName(parts[-1], parts[0] if len(parts) > 1 else None)
