"""Writes ``tests/support/README.md``: the modules and fixtures that tests share.

Each line is the first one of a docstring, read from the source without an import.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.markdown import NOTICE, code, prose, table

TESTS = Path(__file__).resolve().parents[1] / "tests"
SUPPORT = TESTS / "support"


def page() -> str:
    """Return the page with a line for each module and each fixture."""
    package = _words(ast.parse((SUPPORT / "__init__.py").read_text(encoding="utf-8")))
    return "\n\n".join(
        (
            "# Test support",
            NOTICE,
            package,
            table(("module", "what it is for"), _modules()),
            "A test gets these by the name of an argument, from `tests/conftest.py`:",
            table(("fixture", "what it gives"), _fixtures()) + "\n",
        )
    )


def _modules() -> Iterator[tuple[str, str]]:
    for path in sorted(SUPPORT.glob("*.py")):
        if path.stem != "__init__":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield f"[`{path.stem}`]({path.name})", _words(tree)


def _fixtures() -> Iterator[tuple[str, str]]:
    tree = ast.parse((TESTS / "conftest.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(
            map(_is_fixture, node.decorator_list)
        ):
            yield code(node.name), _words(node)


def _is_fixture(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).startswith("pytest.fixture")


def _words(node: ast.Module | ast.FunctionDef) -> str:
    """Return the first paragraph of a docstring."""
    return prose((ast.get_docstring(node) or "").split("\n\n")[0])
