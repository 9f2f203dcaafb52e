"""Writes the files that are made from the code, or says which are stale.

``python -m tools.generate`` writes them, ``--check`` compares and exits with 1 when
one differs.  To add a file: write a function that returns its text and put it into
:data:`GENERATED` under the file's path.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tools import (
    docs_api,
    docs_autogenerate,
    docs_cheat_sheet,
    docs_checks,
    docs_commands,
    docs_compatibility,
    docs_directives,
    docs_elsewhere,
    docs_house,
    docs_json,
    docs_locks,
    docs_performance,
    docs_readme,
    docs_reference,
    docs_support,
    explanations,
)
from tools.directives import Directive, all_annotations, directives

ROOT = Path(__file__).resolve().parents[1]

STUB_HEAD = """\
# Alembic's op and our directives, typed; made by tools/generate.py.
# ruff: noqa: F403, PYI021  # a stub that editors show the docstrings of
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Literal, NoReturn

from alembic.op import *
from sqlalchemy import ClauseElement, Column, ColumnElement, Enum, TextClause
from sqlalchemy.types import TypeEngine
"""


def op_stub() -> str:
    """``op.pyi``: all of Alembic's ``op``, and one function per directive."""
    return "\n".join((STUB_HEAD, *map(_function, (*directives(), *all_annotations()))))


def _function(directive: Directive) -> str:
    lines = [
        f"def {directive.name}(",
        *_written(directive.parameters),
        f") -> {directive.returns}:",
        textwrap.indent(f'"""{directive.docstring}\n"""', "    "),
        "",
    ]
    return "\n".join(lines)


def _constant(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _written(parameters: Sequence[inspect.Parameter]) -> Iterator[str]:
    starred = False
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "    *,"
        stars = "**" if parameter.kind is inspect.Parameter.VAR_KEYWORD else ""
        given = parameter.default is not inspect.Parameter.empty
        default = f" = {_constant(parameter.default)}" if given else ""
        kind = str(parameter.annotation).replace("'", '"')
        yield f"    {stars}{parameter.name}: {kind}{default},"


GENERATED: dict[str, Callable[[], str]] = {
    "alembic_zdt/commands/explanations.md": explanations.text,
    "alembic_zdt/op.pyi": op_stub,
    **docs_directives.pages(),
    **docs_checks.pages(),
    **docs_commands.pages(),
    "docs/cheat-sheet.md": docs_cheat_sheet.page,
    "docs/generated-changes.md": docs_autogenerate.page,
    "docs/compatibility.md": docs_compatibility.page,
    "docs/errors.md": docs_reference.errors_page,
    "docs/howto/from-other-tools.md": docs_elsewhere.page,
    "docs/json.md": docs_json.page,
    "docs/locks.md": docs_locks.page,
    "docs/performance.md": docs_performance.page,
    "docs/pictures/house.svg": docs_house.picture,
    "docs/python-api.md": docs_api.page,
    "docs/settings.md": docs_reference.settings_page,
    "README.md": docs_readme.readme,
    "tests/support/README.md": docs_support.page,
}
"""Path in the repository -> the function that makes its text."""


def stale() -> list[str]:
    """Return the generated files that differ from what the code gives."""
    return [path for path, make in GENERATED.items() if _read(path) != make()]


def _read(path: str) -> str | None:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the generated files, or check them."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.generate", description=main.__doc__
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit with 1 when stale"
    )
    check = parser.parse_args(arguments).check
    found = stale()
    for path in found:
        print(f"stale: {path}" if check else f"wrote: {path}")
        if not check:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(GENERATED[path](), encoding="utf-8")
    if check and found:
        print("run: python -m tools.generate")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
