"""Access to the parts of Alembic that write revisions."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError

from alembic_zdt.alembic_compat import patches as names
from alembic_zdt.alembic_compat.config_values import RENAME

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext, RevisionContext
    from alembic.operations.ops import (
        MigrationScript,
        UpgradeOps,
    )
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import Column
    from sqlalchemy.types import TypeEngine

_SCRIPT = "_zdt_script"
_WRITTEN = "_zdt_written"


def is_check(context: MigrationContext) -> bool:
    """Check whether ``alembic check`` is running, which must see every difference."""
    name = getattr(context.opts.get("fn"), "__qualname__", "")
    return name.startswith("check.")


def compares(context: MigrationContext) -> bool:
    """Check whether models and database are about to be compared."""
    is_asked = getattr(context.opts.get("revision_context"), "command_args", {})
    return is_check(context) or bool(is_asked.get("autogenerate"))


def writes_revision(context: MigrationContext) -> bool:
    """Check whether a command is about to write revisions."""
    return "revision_context" in context.opts and not is_check(context)


def compares_defaults(context: MigrationContext) -> bool:
    """Check whether env.py asks Alembic to compare server defaults."""
    return bool(context.opts.get("compare_server_default"))


def rename_arguments(context: MigrationContext) -> list[str]:
    """Return the values of ``-x zdt.rename=``, which may be given more than once."""
    environment = context.environment_context
    if environment is None:
        return []
    try:
        given = environment.get_x_argument()
    except CommandError:
        return []
    start = f"{RENAME}="
    return [text.removeprefix(start) for text in given if text.startswith(start)]


def process_revision_directives(context: MigrationContext) -> Any:
    """Return the hook that env.py names, or None."""
    return context.opts.get("process_revision_directives")


def hooks_of(context: MigrationContext) -> tuple[Any, ...]:
    """Return the hook of env.py and the hook that a command passes."""
    of_command = getattr(
        context.opts.get("revision_context"), "process_revision_directives", None
    )
    return process_revision_directives(context), of_command


def taken_hook(context: MigrationContext) -> Any:
    """Take over the hook of env.py, which Alembic would call after a command's hook.

    Return None if env.py names none.
    """
    hook = process_revision_directives(context)
    context.opts["process_revision_directives"] = None
    return hook


def chained(rewriter: Any) -> tuple[Any, ...]:
    """Return the functions that are chained after one of Alembic's rewriters."""
    return tuple(getattr(rewriter, names.CHAINED.key(rewriter), ()))


def watch_comparing(
    before: Callable[[AutogenContext], bool | None],
    after: Callable[[AutogenContext, UpgradeOps], None],
) -> None:
    """Call two functions around each comparison of models and database.

    Args:
        before: a function that is called first. It returns whether *after* handles
            changes of generated columns, so that Alembic need not warn of them.
        after: a function that is called with the operations that Alembic found.
    """

    def around(original: Any) -> Any:
        def produce(context: AutogenContext, upgrade_ops: UpgradeOps) -> Any:
            is_told = before(context)
            with _without_warnings_of_generated() if is_told else nullcontext():
                result = original(context, upgrade_ops)
            after(context, upgrade_ops)
            return result

        return produce

    names.NET_CHANGES.wrap(around)


@contextmanager
def _without_warnings_of_generated() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Computed default on .* cannot be modified")
        yield


def created_before(drop: Any) -> Any:
    """Return the operation that made what autogenerate drops, None if unknown."""
    return names.REVERSE.of(drop)


def put_inspector(context: AutogenContext, inspector: Any) -> None:
    """Set the inspector with which a comparison reads the database."""
    names.INSPECTOR.find()
    setattr(context, names.INSPECTOR.key(context), inspector)


def copied_inspector(inspector: Any, cls: type[Any]) -> Any:
    """Return a copy of one of SQLAlchemy's inspectors, with an empty cache.

    Args:
        inspector: the inspector that is copied.
        cls: the class of the copy.
    """
    names.MULTI_COLUMNS.find()
    copy: Any = object.__new__(cls)
    vars(copy).update(vars(inspector))
    names.INFO_CACHE.put(copy, {})
    return copy


def rendered_column(column: Column[Any], context: AutogenContext) -> str:
    """Render a column as Alembic does, and add its imports to the context."""
    return str(names.RENDER_COLUMN.find()(column, context))


def rendered_type(type_: TypeEngine[Any], context: AutogenContext) -> str:
    """Render a type as Alembic does, and add its imports to the context."""
    return str(names.REPR_TYPE.find()(type_, context))


def has_variants(type_: TypeEngine[Any]) -> bool:
    """Check whether a type has variants for other databases."""
    return bool(names.VARIANTS.of(type_))


def render_expressions(
    context: MigrationContext, wrapper: Callable[[Any], Any]
) -> None:
    """Replace the function that writes SQL expressions into files, once.

    Args:
        context: Alembic's migration context.
        wrapper: a function that gets the present function and returns another one.
    """
    original = names.RENDER_EXPRESSION.of(context.impl)
    if not hasattr(original, _RENDERS):
        render = wrapper(original)
        setattr(render, _RENDERS, True)
        names.RENDER_EXPRESSION.put(context.impl, render)


_RENDERS = "_zdt_renders"
"""The mark of a function that is in place of Alembic's."""


@functools.cache
def context_of_types() -> AutogenContext:
    """Return a context for rendering types, made without a run of env.py."""
    # `import alembic` loads this package before it has loaded this module.
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  # as above

    prefixes = {
        "alembic_module_prefix": "op.",
        "render_item": None,
        "sqlalchemy_module_prefix": "sa.",
        "user_module_prefix": None,
    }
    context = MigrationContext.configure(dialect_name="postgresql")
    made: AutogenContext = names.AUTOGEN_CONTEXT.find()(
        context, opts=prefixes, autogenerate=False
    )
    return made


def watch_writing(edit: Callable[[str, Any], str]) -> None:
    """Make Alembic write all revisions of one call, or none.

    Args:
        edit: a function that gets the text of a file and its script, and returns the
            text to write.
    """
    wrappers: dict[names.Name, Callable[[Any], Any]] = {
        names.TO_SCRIPT: _knowing_script,
        names.GENERATE_SCRIPTS: _all_or_none,
        names.REV_PATH: _another_path,
        names.GENERATE_TEMPLATE: functools.partial(_edited, edit),
    }
    for name in wrappers:
        name.find()  # all of them or none
    for name, wrapper in wrappers.items():
        name.wrap(wrapper)


def _knowing_script(original: Any) -> Any:
    """Wrap ``_to_script()`` so that each revision follows the one written before it."""

    def to_script(self: RevisionContext, script: MigrationScript) -> Any:
        directory: Any = self.script_directory
        before = getattr(script, "zdt_follows", None)
        if before is not None:
            script.head = before.rev_id
        setattr(directory, _SCRIPT, script)
        try:
            return original(self, script)
        finally:
            setattr(directory, _SCRIPT, None)

    return to_script


def _all_or_none(original: Any) -> Any:
    def generate_scripts(self: RevisionContext) -> Iterator[Any]:
        directory: Any = self.script_directory
        setattr(directory, _WRITTEN, [])
        try:
            yield from original(self)
        except (Exception, KeyboardInterrupt):  # not GeneratorExit
            for path in getattr(directory, _WRITTEN):
                path.unlink(missing_ok=True)
            raise

    return generate_scripts


def _edited(edit: Callable[[str, Any], str], original: Any) -> Any:
    def generate_template(
        self: ScriptDirectory, source: Path, target: Path, **words: Any
    ) -> None:
        path, script = Path(target), getattr(self, _SCRIPT, None)
        if not path.exists():
            getattr(self, _WRITTEN, []).append(path)
        original(self, source, target, **words)
        if getattr(script, "zdt_phase", None) is not None:
            # As Alembic does: without translating line ends.
            encoding = self.output_encoding
            text = path.read_bytes().decode(encoding)
            path.write_bytes(edit(text, script).encode(encoding))

    return generate_template


def _another_path(original: Any) -> Any:
    """Wrap ``_rev_path()`` so that no two revisions get the same file name."""

    def rev_path(self: ScriptDirectory, *args: Any) -> Path:
        path: Path = original(self, *args)
        script = getattr(self, _SCRIPT, None)
        phase = getattr(script, "zdt_phase", None)
        if phase is None:
            return path
        found, number = path, 1
        while found.exists():
            end = phase.value if number == 1 else f"{phase.value}{number}"
            found = path.with_name(f"{path.stem}_{end}{path.suffix}")
            number += 1
        return found

    return rev_path
