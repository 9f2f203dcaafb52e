"""Stock commands of Alembic with one of its names changed, in a process of their own.

The change is made while Alembic is imported: a name has another spelling everywhere, so
that Alembic itself works, or a function has another signature.  ``main()`` runs the
commands and prints as JSON what they did.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.metadata
import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
"""
ENV = """\
import os

import sqlalchemy as sa
from alembic import context

metadata = sa.MetaData()
sa.Table("shelf", metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("label", sa.String(20)), sa.Column("room", sa.String(20)))
if os.environ.get("MORE"):
    sa.Table("book", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.tables["shelf"].append_column(sa.Column("height", sa.Integer))
engine = sa.create_engine(os.environ["URL"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""
MAKO = """\
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
import sqlalchemy as sa
from alembic import op
def upgrade():
    ${upgrades if upgrades else "pass"}
def downgrade():
    ${downgrades if downgrades else "pass"}
"""
FIRST = """\
import sqlalchemy as sa
from alembic import op
revision, down_revision = "first", None
def contract_columns():
    return [sa.Column("id", sa.Integer, primary_key=True)]
def upgrade():
    op.create_table("shelf", *contract_columns(), sa.Column("label", sa.String(20)))
    op.create_index("ix_label", "shelf", ["label"])
def downgrade():
    op.drop_index("ix_label", "shelf")
    op.drop_table("shelf")
"""
SECOND = """\
import sqlalchemy as sa
from alembic import op
revision, down_revision = "second", "first"
def upgrade():
    op.drop_index("ix_label", "shelf")
    with op.batch_alter_table("shelf") as batch:
        batch.add_column(sa.Column("room", sa.String(20)))
    op.execute("UPDATE shelf SET room = 'hall'")
def downgrade():
    with op.batch_alter_table("shelf") as batch:
        batch.drop_column("room")
    op.create_index("ix_label", "shelf", ["label"])
"""
COMMANDS = (
    ("upgrade", "head"),
    ("check",),
    ("current",),
    ("revision", "--autogenerate", "-m", "more", "--rev-id", "third"),
    ("upgrade", "head"),
    ("downgrade", "base"),
)


@dataclass(frozen=True)
class Change:
    """How Alembic is changed.

    Attributes:
        name: what is changed.
        owner: the class of a function with another signature, empty for a module.
        is_renamed: whether it is the name that is changed, or the signature.
        files: ends of the paths of those that are changed; all if empty.
    """

    name: str
    owner: str = ""
    is_renamed: bool = True
    files: tuple[str, ...] = ()

    def text(self, source: str) -> str:
        """Return a source with the new name."""
        pattern = rf"(?<!\w){re.escape(self.name)}(?!\w)"
        return re.sub(pattern, f"{self.name}_zz", source)

    def is_in(self, source: str, path: str) -> bool:
        """Check whether a file may have to be changed."""
        return self.name in source and (not self.files or path.endswith(self.files))

    def functions(self, tree: ast.Module) -> Iterator[ast.FunctionDef]:
        """Find the functions that get another signature."""
        bodies = [tree.body]
        if self.owner:
            classes = [n for n in tree.body if isinstance(n, ast.ClassDef)]
            bodies = [each.body for each in classes if each.name == self.owner]
        for body in bodies:
            functions = (n for n in body if isinstance(n, ast.FunctionDef))
            yield from (n for n in functions if n.name == self.name)


def changed_code(changes: Sequence[Change], source: str, path: str) -> CodeType | None:
    """Return a module with the changes in it, None if there are none."""
    changes = [change for change in changes if change.is_in(source, path)]
    changed = source
    for change in changes:
        changed = change.text(changed) if change.is_renamed else changed
    tree = ast.parse(changed) if changes else ast.Module([], [])
    others = (x for x in changes if not x.is_renamed)
    functions = [function for each in others for function in each.functions(tree)]
    for function in functions:
        other = ast.Name(_another_signature.__name__, ast.Load())
        # A class method is no function yet, which the decorator needs.
        is_of_class = any(map(_is_classmethod, function.decorator_list))
        function.decorator_list.insert(1 if is_of_class else 0, other)
    if changed == source and not functions:
        return None
    return compile(ast.fix_missing_locations(tree), path, "exec")


def _is_classmethod(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id == "classmethod"


def _another_signature(function: Callable[..., Any]) -> Callable[..., Any]:
    def changed(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    return changed


class _Finder(MetaPathFinder):
    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes

    def find_spec(self, name: str, path: Any = None, _target: Any = None) -> Any:
        if name.partition(".")[0] not in {"alembic", "sqlalchemy"}:
            return None
        spec: ModuleSpec | None = PathFinder.find_spec(name, path)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(name, spec.loader.path, self._changes)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, changes: Sequence[Change]) -> None:
        super().__init__(name, path)
        self._changes = changes

    def get_code(self, fullname: str) -> CodeType | None:
        source = Path(self.path).read_text()
        changed = changed_code(self._changes, source, self.path)
        return super().get_code(fullname) if changed is None else changed


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.ours: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        kept = self.ours if record.name.startswith("alembic_zdt") else self.lines
        if record.name != "alembic.runtime.plugins":  # which names this package
            kept.append(record.getMessage())


def write_project(folder: Path, changes: Sequence[Change]) -> None:
    """Write a project that does not use this package."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI)
    env = ENV
    for change in changes:
        env = change.text(env) if change.is_renamed else env
    (folder / "migrations" / "env.py").write_text(env)
    (folder / "migrations" / "script.py.mako").write_text(MAKO)
    (versions / "first.py").write_text(FIRST)
    (versions / "second.py").write_text(SECOND)


def main(arguments: str) -> None:
    """Run the commands on each database and print what happened.

    Args:
        arguments: JSON of ``changes``, ``urls``, ``is_installed``, and ``cache``.
    """
    given = json.loads(arguments)
    sys.dont_write_bytecode, sys.pycache_prefix = False, given["cache"]
    changes = [
        Change(**(each | {"files": tuple(each["files"])})) for each in given["changes"]
    ]
    kept = _Kept()
    logging.basicConfig(level=logging.INFO, handlers=[kept])
    setattr(builtins, _another_signature.__name__, _another_signature)
    sys.meta_path.insert(0, _Finder(changes))
    if not given["is_installed"]:
        _hide()
    found: list[Any] = []
    with contextlib.redirect_stdout(io.StringIO()):  # before Alembic is imported
        for url in given["urls"]:
            folder = Path.cwd() / str(len(found))
            write_project(folder, changes)
            os.environ["URL"] = url.replace("FOLDER", str(folder))
            found.append(_run_all(folder, kept))
    sys.stdout.write(json.dumps({"databases": found, "warnings": kept.ours}))


def _hide() -> None:
    original = importlib.metadata.entry_points

    def entry_points(**named: Any) -> Any:
        return _others(original(**named))

    setattr(importlib.metadata, "entry_points", entry_points)  # noqa: B010


def _others(entry_points: Any) -> list[Any]:
    return [x for x in entry_points if not x.value.startswith("alembic_zdt")]


def _run_all(folder: Path, kept: _Kept) -> list[Any]:
    done = []
    for number, command in enumerate(COMMANDS):
        os.environ["MORE"] = "1" if number >= COMMANDS.index(COMMANDS[3]) else ""
        kept.lines.clear()
        code, printed = _run(folder, command)
        done.append([*command, code, printed, list(kept.lines)])
    versions = (folder / "migrations" / "versions").glob("*.py")
    files = {path.name: path.read_text() for path in versions}
    said = json.dumps([done, sorted(files.items())])
    return list(json.loads(said.replace(str(folder), "FOLDER")))


def _run(folder: Path, command: tuple[str, ...]) -> tuple[Any, str]:
    from alembic.config import main as alembic  # it is changed now

    printed: Any = sys.stdout
    printed.seek(0)
    printed.truncate()
    code: Any = 0
    with contextlib.redirect_stderr(printed):
        try:
            alembic(["-c", str(folder / "alembic.ini"), *command])
        except SystemExit as end:
            code = end.code
        except Exception as error:  # noqa: BLE001  # the test shows it
            code = f"{type(error).__name__}: {error}"
    return code, printed.getvalue()


def arguments_of(changes: Sequence[Change], **others: Any) -> str:
    """Return the argument of ``main()``."""
    return json.dumps({"changes": [asdict(each) for each in changes], **others})


if __name__ == "__main__":
    main(sys.argv[1])
