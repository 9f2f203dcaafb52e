"""Access to the parts of Alembic that directives and commands use."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Constraint
from sqlalchemy.engine import Dialect

from alembic_zdt.alembic_compat import patches as names

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from alembic.config import CommandLine
    from alembic.ddl.impl import DefaultImpl

    # Not importable while `import alembic` is still under way, where the plugin runs.
    from alembic.runtime.migration import MigrationContext, RevisionStep
    from alembic.script import ScriptDirectory


def in_autocommit(context: MigrationContext) -> bool:
    """Check whether the user's own ``autocommit_block()`` is open already."""
    connection = context.connection
    if connection is None or names.TRANSACTION.of(context) is not None:
        return False
    options = connection.get_execution_options()
    return options.get("isolation_level") == "AUTOCOMMIT"


def has_external_transaction(context: MigrationContext) -> bool:
    """Check whether the connection had a transaction before Alembic got it."""
    return (
        bool(names.IN_TRANSACTION.of(context)())
        and names.TRANSACTION.of(context) is None
    )


def changes_nothing(context: MigrationContext) -> bool:
    """Check whether a run only reads, as ``current`` does, or only writes a script."""
    return bool(context.opts.get("dont_mutate")) or context.as_sql


def has_steps(context: MigrationContext) -> bool:
    """Check whether a run has steps, and return True if that is unknown in advance."""
    if not _is_function_of_steps(context):
        return True
    load_revisions(context)
    steps: Any = context.opts.get("fn")
    return any(True for _ in steps(context.get_current_heads(), context))


def load_revisions(context: MigrationContext) -> None:
    """Read the files of all revisions, as Alembic does when it computes a step.

    At that time a transaction is open already.
    """
    if context.script is not None:
        context.script.get_heads()


def can_load_revisions(context: MigrationContext) -> bool:
    """Read the files of all revisions, and return whether all could be read.

    Alembic reads them again and raises the error, which is the project's own.
    """
    try:
        load_revisions(context)
    except Exception:  # noqa: BLE001  # a file may raise any
        return False
    return True


def runs_revisions(context: MigrationContext) -> bool:
    """Check whether a command that upgrades or downgrades made the context.

    The steps are learned by one more call of the function that the context got.  It is
    not called if another program passed it, because it may have other effects.
    """
    return is_function_of_runs(context.opts.get("fn"))


def is_function_of_runs(steps: Any) -> bool:
    """Check whether *steps* is the function of an upgrade or a downgrade."""
    is_run = getattr(steps, "__name__", "") in _RUNNING
    return is_run and is_function_of_commands(steps)


def is_function_of_commands(steps: Any) -> bool:
    """Check whether a command of Alembic, or this package's upgrade, made *steps*."""
    return getattr(steps, "__module__", "") in _COMMANDS


def upgrades(context: MigrationContext) -> bool:
    """Check whether a command that upgrades made the context."""
    name = getattr(context.opts.get("fn"), "__name__", "")
    return runs_revisions(context) and name != "downgrade"


def steps_from(context: MigrationContext, heads: tuple[str, ...]) -> list[Any]:
    """Return the steps that a run will make, without running any."""
    steps: Any = context.opts.get("fn")
    return list(steps(heads, context))


def _is_function_of_steps(context: MigrationContext) -> bool:
    return getattr(context.opts.get("fn"), "__name__", "") in _FUNCTIONS_OF_STEPS


_COMMANDS = (
    "alembic.command",
    "alembic_zdt.commands.upgrade",
    "alembic_zdt.scratch.project",
)
_RUNNING = ("upgrade", "downgrade", "steps_of_phase")
_FUNCTIONS_OF_STEPS = (*_RUNNING, "do_stamp")


def final_name(constraint: Constraint, dialect: Dialect) -> str | None:
    """Return the name that a constraint gets from the naming convention."""
    name = names.FINAL_NAME.find()(constraint, dialect)
    return None if name is None else str(name)


def is_created(constraint: Constraint, dialect: Dialect) -> bool:
    """Check whether SQLAlchemy creates a constraint in databases of the dialect."""
    compiler: Any = dialect.ddl_compiler
    return bool(names.SHOULD_CREATE.of(constraint)(compiler(dialect, None)))


@contextmanager
def written_outside_transaction(context: MigrationContext) -> Iterator[None]:
    """Close the offline script's transaction, and open it again afterwards.

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
    """Add *text* to the offline script as it is."""
    names.STATIC_OUTPUT.of(context.impl)(text)


_STATE = "_zdt_script_in_transaction"


def _script_in_transaction(impl: DefaultImpl) -> bool:
    # None: the state was not recorded, so Alembic's default holds.
    state = getattr(impl, _STATE, None)
    return True if state is None else bool(state)


def watch_script_transactions() -> None:
    """Record whether a ``--sql`` script is inside a transaction.

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
def statements_to(instead: Callable[[str], None]) -> Iterator[None]:
    """Pass the statements of an offline script to *instead* while the body runs."""

    def static_output(_impl: DefaultImpl, text: str) -> None:
        instead(text)

    with names.STATIC_OUTPUT.replaced(static_output):
        yield


@contextmanager
def replaced(owner: type[Any], name: str, function: Any) -> Iterator[None]:
    """Replace a function of a class while the body runs."""
    original = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, original)


def writes_in_transaction(context: MigrationContext) -> bool:
    """Check whether the offline script is inside BEGIN and COMMIT now."""
    return context.impl.transactional_ddl and _script_in_transaction(context.impl)


def steps_between(
    script: ScriptDirectory, heads: Any, end: str, *, downgrade: bool
) -> Iterator[RevisionStep]:
    """Yield Alembic's own steps from *heads* to *end*."""
    steps = names.DOWNGRADE_REVS if downgrade else names.UPGRADE_REVS
    steps.find()
    yield from steps.of(script)(end, heads)


def at_or_below(script: ScriptDirectory, revisions: Iterable[str]) -> set[str]:
    """Return the revisions with all their ancestors and dependencies."""
    left, found = list(revisions), set[str]()
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += below(script.get_revision(name))
    return found


def below(revision: Any) -> set[str]:
    """Return the direct down revisions and dependencies of a revision."""
    return set(names.ALL_DOWN_REVISIONS.of(revision))


def transaction_of_a_migration(
    context: MigrationContext,
) -> AbstractContextManager[Any]:
    """Return the context manager that Alembic puts around each single revision.

    Inside such a transaction or an autocommit block it does nothing: Alembic's own
    context manager would commit.
    """
    if names.TRANSACTION.of(context) is not None or _is_in_block(context):
        return nullcontext()
    names.BEGIN_TRANSACTION.find()
    begun = names.BEGIN_TRANSACTION.of(context)(_per_migration=True)
    return cast("AbstractContextManager[Any]", begun)


def _is_in_block(context: MigrationContext) -> bool:
    connection = context.connection
    if connection is None or not connection.in_transaction():
        return False
    options = connection.get_execution_options()
    return options.get("isolation_level") == "AUTOCOMMIT"


def remove_version_callbacks(context: MigrationContext) -> None:
    """Remove the environment's ``on_version_apply`` functions from a context."""
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
    """Add a command whose own ``--help`` also shows *more*, and return its parser."""
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
    """Let a command of Alembic call *function*, and return its parser.

    Args:
        cli: the command line.
        name: the name of the command.
        function: the function to call.
        positional: its arguments.
        named: its options.
        optional: arguments that may be omitted, with their defaults.
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
