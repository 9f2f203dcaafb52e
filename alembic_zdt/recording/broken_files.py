"""Revisions whose files cannot be imported, in their place in the history.

Each one fails when it runs, and the others are recorded.
https://alembic.sqlalchemy.org/en/latest/api/script.html
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic.script import Script

from alembic_zdt.alembic_compat import patches as names

_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")


@dataclass
class BrokenFile:
    """A file that cannot be imported.

    Attributes:
        path: the path of the file.
        error: the error that the import has raised.
        revision: its id, empty if it is unknown, so that the file is left out.
    """

    path: Path
    error: BaseException
    revision: str = ""


class BrokenFileError(Exception):
    """The file of a revision cannot be imported, for the reason in ``__cause__``."""


@dataclass
class BrokenFiles:
    """The files that cannot be imported.

    Attributes:
        run: a function that calls another function within the limits for revisions.
        files: the files found so far.
    """

    run: Callable[[Callable[[], object]], object]
    files: list[BrokenFile] = field(default_factory=list)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep each file that cannot be imported while the body reads revisions."""
        with names.FROM_PATH.replaced(self._reading(names.FROM_PATH.find())):
            yield

    def _reading(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def read(scriptdir: Any, path: Any) -> Any:
            found: list[Any] = []
            try:
                self.run(lambda: found.append(original(scriptdir, path)))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  # it may be anything
                return self._replaced(Path(path), error)
            return found[0]

        return read

    def _replaced(self, path: Path, error: BaseException) -> Script | None:
        """Return a revision that fails when it runs, None if its place is unknown."""
        broken = BrokenFile(path, error)
        self.files.append(broken)
        assigned = assigned_in(_text_of(path))
        if not isinstance(assigned.get("revision"), str):
            return None
        if "down_revision" not in assigned:
            return None
        broken.revision = assigned["revision"]
        module = ModuleType(path.stem)
        vars(module).update(assigned)
        module.__file__ = str(path)

        def fail(*_arguments: Any, **_named: Any) -> None:
            raise BrokenFileError from error

        for name in ("upgrade", "downgrade"):
            setattr(module, name, fail)
        return Script(module, broken.revision, str(path))


def assigned_in(source: str) -> dict[str, Any]:
    """Return the constants that the text of a file assigns to Alembic's names."""
    return dict(_assigned(source))


def _assigned(source: str) -> Iterator[tuple[str, Any]]:
    for node in _statements(source):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name in _NAMES:
            try:
                yield name, ast.literal_eval(value)
            except ValueError:
                continue


def _text_of(path: Path) -> str:
    """Return the text of a file, empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _statements(source: str) -> Iterator[ast.stmt]:
    """Yield the statements of a text, line by line if it is no Python."""
    try:
        yield from ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        for line in source.splitlines():
            if line.startswith(_NAMES):
                try:
                    yield from ast.parse(line).body
                except (SyntaxError, ValueError):
                    continue
