"""Parts of Alembic that directives and commands use, named in ``compat_patches``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Constraint
from sqlalchemy.engine import Dialect

from alembic_zdt import compat_patches as names

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from alembic.config import CommandLine
    from alembic.ddl.impl import DefaultImpl
    from alembic.operations import AbstractOperations
    from alembic.operations.batch import BatchOperationsImpl

    # Not importable while `import alembic` is still under way, where the plugin runs.
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory


def in_autocommit(context: MigrationContext) -> bool:
    """Whether the user's own ``autocommit_block()`` is open already."""
    connection = context.connection
    if connection is None or names.TRANSACTION.of(context) is not None:
        return False
    options = connection.get_execution_options()
    return options.get("isolation_level") == "AUTOCOMMIT"


def has_external_transaction(context: MigrationContext) -> bool:
    """Whether the connection had a transaction before Alembic was given it."""
    return (
        bool(names.IN_TRANSACTION.of(context)())
        and names.TRANSACTION.of(context) is None
    )


def changes_nothing(context: MigrationContext) -> bool:
    """Whether it only looks, as ``current`` and autogenerate do."""
    return bool(context.opts.get("dont_mutate")) or context.as_sql


def has_steps(context: MigrationContext) -> bool:
    """Whether there is something to do; True when that cannot be asked in advance."""
    if not _is_function_of_steps(context):
        return True
    load_revisions(context)
    steps: Any = context.opts.get("fn")
    return any(True for _ in steps(context.get_current_heads(), context))


def load_revisions(context: MigrationContext) -> None:
    """Read the files of all revisions, which Alembic does when it is asked for a step.

    A transaction is open by then.
    """
    if context.script is not None:
        context.script.get_heads()


def runs_revisions(context: MigrationContext) -> bool:
    """Whether the context was made by a command that upgrades or downgrades.

    The function of another program may not be called once more.
    """
    steps = context.opts.get("fn")
    is_known = getattr(steps, "__module__", "") in _COMMANDS
    return is_known and getattr(steps, "__name__", "") in _RUNNING


def upgrades(context: MigrationContext) -> bool:
    """Whether the context was made by a command that upgrades."""
    name = getattr(context.opts.get("fn"), "__name__", "")
    return runs_revisions(context) and name != "downgrade"


def steps_from(context: MigrationContext, heads: tuple[str, ...]) -> list[Any]:
    """Return the steps that a run will make, without making any."""
    steps: Any = context.opts.get("fn")
    return list(steps(heads, context))


def _is_function_of_steps(context: MigrationContext) -> bool:
    return getattr(context.opts.get("fn"), "__name__", "") in _FUNCTIONS_OF_STEPS


_COMMANDS = ("alembic.command", "alembic_zdt.commands.upgrade")
_RUNNING = ("upgrade", "downgrade", "steps_of_phase")
_FUNCTIONS_OF_STEPS = (*_RUNNING, "do_stamp")


def final_name(constraint: Constraint, dialect: Dialect) -> str | None:
    """The name a constraint gets once the naming convention is applied."""
    name = names.FINAL_NAME.find()(constraint, dialect)
    return None if name is None else str(name)


@contextmanager
def written_outside_transaction(context: MigrationContext) -> Iterator[None]:
    """Offline: close the script's transaction, and open it again afterwards.

    Inside the user's own ``autocommit_block()`` there is none to close.
    """
    impl = context.impl
    if not impl.transactional_ddl or not _script_in_transaction(impl):
        yield
        return
    names.EMIT_COMMIT.of(impl)()
    yield
    names.EMIT_BEGIN.of(impl)()


def write(context: MigrationContext, text: str) -> None:
    """Offline: add *text* to the script as it is."""
    names.STATIC_OUTPUT.of(context.impl)(text)


_STATE = "_zdt_script_in_transaction"


def _script_in_transaction(impl: DefaultImpl) -> bool:
    # None: nobody was there to see, so what Alembic does by default.
    state = getattr(impl, _STATE, None)
    return True if state is None else bool(state)


def watch_script_transactions() -> None:
    """Remember whether a ``--sql`` script is inside a transaction.

    Alembic writes BEGIN and COMMIT but does not keep count, so a directive inside
    the user's own ``autocommit_block()`` could not know.
    """
    for name, state in ((names.EMIT_BEGIN, True), (names.EMIT_COMMIT, False)):
        name.wrap(functools.partial(_noting, state))


def _noting(state: bool, original: Callable[..., None]) -> Any:
    def emit(self: DefaultImpl, *args: Any, **kw: Any) -> None:
        original(self, *args, **kw)
        setattr(self, _STATE, state)

    return emit


@contextmanager
def intercepted(
    instead: Callable[[Callable[[], Any], Any], Any],
) -> Iterator[None]:
    """While the body runs, *instead* gets every operation before Alembic does.

    Args:
        instead: called with a function that lets Alembic go on, and the operation.
    """
    original = names.INVOKE.find()

    def invoke(self: AbstractOperations, operation: Any) -> Any:
        return instead(lambda: original(self, operation), operation)

    with names.INVOKE.replaced(invoke):
        yield


@contextmanager
def statements_to(instead: Callable[[str], None]) -> Iterator[None]:
    """Offline, while the body runs: *instead* gets what would be written."""

    def static_output(_impl: DefaultImpl, text: str) -> None:
        instead(text)

    with names.STATIC_OUTPUT.replaced(static_output):
        yield


@contextmanager
def batches_to(
    instead: Callable[[Callable[[], None], str, bool], None],
) -> Iterator[None]:
    """While the body runs: *instead* gets the end of every ``batch_alter_table()``.

    Args:
        instead: called with a function that lets Alembic run what was collected, the
            name of the table, and whether the table is made anew.
    """
    original = names.FLUSH.find()

    def flush(self: BatchOperationsImpl) -> None:
        recreates = bool(names.SHOULD_RECREATE.of(self)())
        instead(lambda: original(self), str(self.table_name), recreates)

    with names.FLUSH.replaced(flush):
        yield


@contextmanager
def replaced(owner: type[Any], name: str, function: Any) -> Iterator[None]:
    """While the body runs, a class has another function under the name."""
    original = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, original)


def writes_in_transaction(context: MigrationContext) -> bool:
    """Offline: whether what is written now stands inside BEGIN and COMMIT."""
    return context.impl.transactional_ddl and _script_in_transaction(context.impl)


def steps_between(
    script: ScriptDirectory, heads: Any, end: str, *, downgrade: bool
) -> Iterator[RevisionStep]:
    """Alembic's own steps from *heads* to *end*."""
    steps = names.DOWNGRADE_REVS if downgrade else names.UPGRADE_REVS
    steps.find()
    yield from steps.of(script)(end, heads)


def at_or_below(script: ScriptDirectory, revisions: Iterable[str]) -> set[str]:
    """These revisions, and all that they stand on or depend on."""
    left, found = list(revisions), set[str]()
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += below(script.get_revision(name))
    return found


def below(revision: Any) -> set[str]:
    """The revisions that one stands on directly, or depends on."""
    return set(names.ALL_DOWN_REVISIONS.of(revision))


def transaction_of_a_migration(
    context: MigrationContext,
) -> AbstractContextManager[Any]:
    """What Alembic puts around each revision, when it runs them one by one."""
    names.BEGIN_TRANSACTION.find()
    begun = names.BEGIN_TRANSACTION.of(context)(_per_migration=True)
    return cast("AbstractContextManager[Any]", begun)


def tell_nobody(context: MigrationContext) -> None:
    """Call none of the environment's ``on_version_apply`` functions."""
    names.CALLBACKS.put(context, ())


def add_command(
    cli: CommandLine,
    name: str,
    function: Callable[..., None],
    positional: list[str],
    named: list[str],
    help_text: str,
    more: str = "",
) -> ArgumentParser:
    """Add a command of ours, whose own ``--help`` shows *more*; returns its parser."""
    subparsers: Any = names.SUBPARSERS.of(cli)
    parser: ArgumentParser = subparsers.add_parser(
        name, help=help_text, description=f"{help_text} {more}".strip()
    )
    parser.set_defaults(cmd=(function, positional, named))
    return parser


def change_command(
    cli: CommandLine,
    name: str,
    function: Callable[..., None],
    positional: list[str],
    named: list[str],
    *,
    optional: Mapping[str, str],
) -> ArgumentParser:
    """Let a command of Alembic's call *function*; returns its parser.

    Args:
        cli: the command line.
        name: of the command.
        function: what it calls.
        positional: its arguments.
        named: its options.
        optional: arguments that may be left out, and what they are then.
    """
    parser: ArgumentParser = names.SUBPARSERS.of(cli).choices[name]
    for action in parser._actions:  # noqa: SLF001  # argparse's
        if action.dest in optional:
            if not action.option_strings:
                action.nargs, action.required = "?", False
            action.default = optional[action.dest]
    parser.set_defaults(cmd=(function, positional, named))
    return parser


def set_version_text(cli: CommandLine, text: str) -> None:
    """Let ``--version`` print *text* after the program's name."""
    parser: ArgumentParser = names.PARSER.of(cli)
    for action in parser._actions:  # noqa: SLF001  # argparse's
        if "--version" in action.option_strings:
            setattr(action, "version", f"%(prog)s {text}")  # noqa: B010
