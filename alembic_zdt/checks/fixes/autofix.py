"""Automatic fixes, if the safe call takes the same plain arguments as the unsafe one.

Calls with computed arguments, in a loop or in another function are left to the author
of the revision.  So are changes in several phases.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

from alembic_zdt.checks.fixes.edits import Edit, apart, can_be_split, edited, repeatable
from alembic_zdt.checks.fixes.splitting import is_at
from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.suggestions.safe_calls import NO_READY_CALL

_INDENT = "    "
_BLOCK = "get_context().autocommit_block()"
_COMPUTED = (ast.JoinedStr, ast.Await, ast.Lambda, ast.comprehension)


def fixed(
    source: str, findings: Sequence[RevisionFinding]
) -> tuple[str, list[RevisionFinding]]:
    """Return the fixed source, and the findings that are solved.

    Args:
        source: the source of a revision.
        findings: the findings in the source.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source, []
    lines = _lines(source)
    edits = apart(_edits(tree, lines, findings))
    text = edited(lines, edits)
    if not can_be_split(text, edits):
        edits = repeatable(edits)
        text = edited(lines, edits)
    try:
        ast.parse(text)
    except SyntaxError:  # better no fix than a broken file
        return source, []
    return text, [found for edit in edits for found in edit.solved]


def _lines(source: str) -> list[str]:
    """Split a source into lines as Python counts them, even with form feeds."""
    *whole, rest = source.split("\n")
    return [*(f"{line}\n" for line in whole), rest]


def _edits(
    tree: ast.Module, lines: list[str], findings: Sequence[RevisionFinding]
) -> Iterator[Edit]:
    names = _imported(tree)
    upgrade = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    ]
    for body in _bodies(upgrade):
        yield from _commits(body, lines, names, findings)
        for statement in body:
            own = [each for each in findings if is_at(each.line, statement)]
            edit = _safe_call(statement, lines, names, own)
            if edit is not None:
                yield edit


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return the full name of each import: ``{"op": "alembic.op"}``."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {n.asname or n.name: n.name for n in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {n.asname or n.name: f"{node.module}.{n.name}" for n in node.names}
    return found


def _bodies(functions: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Yield each list of statements that is in no loop, so it runs at most once."""
    for node in functions:
        yield from _lists(node)


def _lists(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    if isinstance(node, ast.FunctionDef | ast.With | ast.If):
        parts = [node.body, getattr(node, "orelse", [])]
        for body in parts:
            yield body
            for inner in body:
                if isinstance(inner, ast.With | ast.If):
                    yield from _lists(inner)


def _safe_call(
    statement: ast.stmt,
    lines: list[str],
    names: dict[str, str],
    findings: Sequence[RevisionFinding],
) -> Edit | None:
    said = {each.suggestion for each in findings}
    call = _op_call(statement, names)
    if call is None or len(said) != 1 or not _is_simple(call, names):
        return None
    (instead,) = said
    if instead.startswith(NO_READY_CALL):
        return None
    calls = [each.removeprefix("op.") for each in instead.splitlines()]
    is_several_phases = any(each.endswith(_PHASES) for each in calls)
    if not calls or is_several_phases or not _has_names(instead, names):
        return None
    alias = ast.unparse(call.func.value)
    before, after = _beside(statement, lines)
    if before.strip() or (after.strip() and not after.strip().startswith("#")):
        return None
    last = statement.end_lineno or statement.lineno
    if any("#" in line for line in lines[statement.lineno - 1 : last - 1]):
        return None  # a comment within it would be lost
    new = [f"{before}{alias}.{each}\n" for each in calls]
    new[-1] = f"{new[-1].rstrip()}{after}"
    return Edit(statement.lineno, last, tuple(new), tuple(findings))


_OF_NOT_NULL = {
    "nullable",
    "schema",
    "existing_comment",
    "existing_nullable",
    "existing_server_default",
    "existing_type",
}
_ONE_CHANGE = {
    "add_column",
    "create_check_constraint",
    "create_foreign_key",
    "create_index",
    "create_primary_key",
    "create_unique_constraint",
    "drop_constraint",
    "drop_index",
}
"""Alembic's calls that one of our directives replaces."""

_PHASES = ("# expand", "# migrate", "# contract")


def _op_call(statement: ast.stmt, names: dict[str, str]) -> Any:
    """Return the call of a statement that is just ``op.<name>(...)``, or None."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return None
    function = statement.value.func
    if not isinstance(function, ast.Attribute):
        return None
    owner = names.get(ast.unparse(function.value), "")
    return statement.value if owner in {"alembic.op", "alembic_zdt.op"} else None


def _is_simple(call: Any, names: dict[str, str]) -> bool:
    """Check whether the call makes one change, with arguments that are not computed."""
    named = {each.arg for each in call.keywords}
    if call.func.attr == "alter_column":
        is_one = "nullable" in named and named <= _OF_NOT_NULL
    else:
        is_one = call.func.attr in _ONE_CHANGE
    return is_one and not any(
        isinstance(node, _COMPUTED)
        or (isinstance(node, ast.Name) and node.id not in names)
        for node in ast.walk(call)
    )


def _has_names(instead: str, names: dict[str, str]) -> bool:
    """Check whether the module imports what the safe call needs."""
    wanted = {
        node.id
        for node in ast.walk(ast.parse(instead))
        if isinstance(node, ast.Name) and node.id != "op"
    }
    return wanted <= names.keys()


def _beside(statement: ast.stmt, lines: list[str]) -> tuple[str, str]:
    """Return the text before and after a statement, in its own lines."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    before = lines[first - 1].encode()[: statement.col_offset].decode()
    after = lines[last - 1].encode()[statement.end_col_offset :].decode()
    return before, after


# ------------------------------------------------------------ COMMIT, and BEGIN again


def _commits(
    body: list[ast.stmt],
    lines: list[str],
    names: dict[str, str],
    findings: Sequence[RevisionFinding],
) -> Iterator[Edit]:
    """Replace ``COMMIT ... BEGIN`` by a block without a transaction."""
    verbs = [_verb(statement, names) for statement in body]
    if "COMMIT" not in verbs:
        return
    start = verbs.index("COMMIT")
    rest = verbs[start + 1 :]
    length = rest.index("BEGIN") if "BEGIN" in rest else len(rest)
    inner = body[start + 1 : start + 1 + length]
    ends = [body[start], *body[start + 1 + length : start + 2 + length]]
    own = [each for each in findings if each.check in _OF_TRANSACTIONS]
    if not inner or not _is_movable(inner, ends, lines, own):
        return
    first, last = body[start].lineno, _last_line([*inner, *ends])
    before, _ = _beside(body[start], lines)
    alias = ast.unparse(body[start].value.func.value)  # type: ignore[attr-defined]
    moved = [_indented(line) for line in lines[first : _last_line(inner)]]
    new = (f"{before}with {alias}.{_BLOCK}:\n", *moved)
    solved = [each for each in own if first <= each.line <= last]
    yield Edit(first, last, new, tuple(solved))


def _is_movable(
    inner: list[ast.stmt],
    ends: list[ast.stmt],
    lines: list[str],
    findings: Sequence[RevisionFinding],
) -> bool:
    """Check whether the statements can move into a block without losing anything."""
    is_alone = not any("".join(_beside(each, lines)).strip() for each in ends)
    between = lines[_last_line(inner) : _last_line([*inner, *ends])]
    is_found = all(any(is_at(f.line, each) for f in findings) for each in ends)
    return (
        is_alone
        and is_found
        and not any("#" in line for line in between)
        and not _has_long_text(inner)
        and not any(_controls(node) for each in inner for node in ast.walk(each))
    )


_CONTROLLING = re.compile(
    r"\A\s*+(?:BEGIN|COMMIT|END|ROLLBACK|START|SAVEPOINT)\b", re.IGNORECASE
)


def _controls(node: ast.AST) -> bool:
    """Check whether a node is a text that begins or ends a transaction."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text and bool(_CONTROLLING.match(ast.literal_eval(node)))


def _last_line(statements: Sequence[ast.stmt]) -> int:
    return max(each.end_lineno or each.lineno for each in statements)


def _verb(statement: ast.stmt, names: dict[str, str]) -> str:
    """Return COMMIT or BEGIN if the statement executes that text, else ``""``."""
    call = _op_call(statement, names)
    if call is None or call.func.attr != "execute" or not call.args:
        return ""
    text = call.args[0]
    value = text.value if isinstance(text, ast.Constant) else ""
    word = str(value).strip().rstrip(";").upper()
    return word if word in {"COMMIT", "BEGIN"} else ""


def _has_long_text(statements: Sequence[ast.stmt]) -> bool:
    """Check whether a text goes over several lines, which indenting would change."""
    return any(
        isinstance(node, ast.Constant | ast.JoinedStr)
        and (node.end_lineno or node.lineno) > node.lineno
        for statement in statements
        for node in ast.walk(statement)
    )


_OF_TRANSACTIONS = {"concurrently-in-transaction", "control-transaction"}


def _indented(line: str) -> str:
    return f"{_INDENT}{line}" if line.strip() else line
