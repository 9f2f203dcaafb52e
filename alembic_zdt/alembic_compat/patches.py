"""One table of the names of Alembic that this package replaces or reads.

They are private, or may change in any release of Alembic.  Each row is checked by
itself.  Where Alembic lacks a name, or has changed its signature, the features of that
row are off with one warning.  All else works, and Alembic runs as it does without this
package.
A directive or a command that needs the name raises :class:`UnsupportedAlembicError`.

If a newer Alembic renames a name, keep the row and add ``newer="<the new name>"``.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from alembic_zdt.errors import UnsupportedAlembicError

NEWEST = "1.20.1"
"""The newest Alembic that the whole table was tested with."""

_WRAPPED = "_zdt_wrapped"
_MISSING = object()


@dataclass(frozen=True)
class Name:
    """A name of Alembic, or of SQLAlchemy, that may change.

    Attributes:
        owner: its module, and its class after a colon.
        name: its name in the owner.
        feature: the feature that is off without it.
        parameters: its first parameters; None if it is not called.
        is_set_late: whether only instances have the attribute.
        newer: its name since a newer release, used where the owner has it.
    """

    owner: str
    name: str
    feature: str
    parameters: tuple[str, ...] | None = None
    is_set_late: bool = False
    newer: str = ""

    def key(self, thing: Any) -> str:
        """Return the newer name if *thing* has it, else the older one."""
        return self.newer if self.newer and hasattr(thing, self.newer) else self.name

    @property
    def path(self) -> str:
        """Return the dotted name."""
        return f"{self.owner.replace(':', '.')}.{self.name}"

    def find(self) -> Any:
        """Return the object of this name.

        Raises:
            UnsupportedAlembicError: it does not exist, or has another signature.
        """
        owner = self._owner()
        found = getattr(owner, self.key(owner), _MISSING)
        if found is _MISSING:
            self._refuse(f"has no {self.path}", self.name)
        if self.parameters is not None and not _accepts(found, self.parameters):
            self._refuse(f"has another signature of {self.path}", self.name)
        return found

    def of(self, thing: Any) -> Any:
        """Return the attribute of *thing* with this name.

        Raises:
            UnsupportedAlembicError: *thing* lacks it.
        """
        found = getattr(thing, self.key(thing), _MISSING)
        if found is _MISSING:
            self._refuse(f"has no {self.path}", self.name)
        return found

    def put(self, thing: Any, value: Any) -> None:
        """Set the attribute of *thing* with this name.

        Raises:
            UnsupportedAlembicError: *thing* lacks it.
        """
        self.of(thing)
        setattr(thing, self.key(thing), value)

    def wrap(self, wrapper: Callable[[Any], Any]) -> bool:
        """Replace a function by the one that *wrapper* returns for it, once.

        Returns:
            False if the function cannot be replaced and a warning was logged.
        """
        try:
            original = self.find()
        except UnsupportedAlembicError as error:
            turn_off(error)
            return False
        if not hasattr(original, _WRAPPED):
            wrapped: Any = functools.wraps(original)(wrapper(original))
            setattr(wrapped, _WRAPPED, True)
            setattr(self._owner(), self.key(self._owner()), wrapped)
        return True

    @contextmanager
    def replaced(self, function: Callable[..., Any]) -> Iterator[None]:
        """Put *function* under this name while the body runs.

        Raises:
            UnsupportedAlembicError: there is nothing to replace.
        """
        original, owner = self.find(), self._owner()
        key = self.key(owner)
        setattr(owner, key, functools.update_wrapper(function, original))
        try:
            yield
        finally:
            setattr(owner, key, original)

    def _owner(self) -> Any:
        module, _, name = self.owner.partition(":")
        try:
            # A look-up, because this runs for each call of a revision.
            found = sys.modules.get(module) or importlib.import_module(module)
        except ImportError:
            self._refuse(f"has no {module}", module)
        if not name:
            return found
        owner = getattr(found, name, _MISSING)
        if owner is _MISSING:
            self._refuse(f"has no {module}.{name}", name)
        return owner

    def _refuse(self, fact: str, part: str) -> NoReturn:
        raise UnsupportedAlembicError(
            f"cannot use {self.feature}: Alembic {version()} {fact}",
            detail="This version of alembic-zdt does not know this Alembic.",
            hint=f"Upgrade alembic-zdt, or run: pip install alembic=={NEWEST}",
            part=part,
            fact=fact,
        )


@functools.cache  # some names are looked up for each revision
def _accepts(function: Any, parameters: tuple[str, ...]) -> bool:
    try:
        found = tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    return found[: len(parameters)] == parameters


def version() -> str:
    """Return the version of Alembic."""
    return str(getattr(importlib.import_module("alembic"), "__version__", "(unknown)"))


# ------------------------------------------------------------------------- the table

_STEPS = "the guard, the gates, the log of revisions and the check for lost commits"
_GUARD = "the guard"
_OFFLINE = "directives in --sql scripts"
_DIRECTIVES = "directives"
_COMPARING = "open workflows and renames in autogenerate"
_WRITING = "phased revisions"
_RECORDING = "lint, sql and contract"
_COMMANDS = "the commands of alembic-zdt"
ENDS = "reports of interruptions and lost connections"
_MESSAGES = "errors that are printed once"

_CONTEXT = "alembic.runtime.migration:MigrationContext"
_HEADS = "alembic.runtime.migration:HeadMaintainer"
_STEP = "alembic.runtime.migration:RevisionStep"
_ENVIRONMENT = "alembic.runtime.environment:EnvironmentContext"
_IMPL = "alembic.ddl.impl:DefaultImpl"
_OPERATIONS = "alembic.operations:AbstractOperations"
_BATCH = "alembic.operations.batch:BatchOperationsImpl"
_AUTOGEN = "alembic.autogenerate.api:AutogenContext"
_REVISION = "alembic.autogenerate.api:RevisionContext"
_SCRIPTS = "alembic.script:ScriptDirectory"
_INSPECTOR = "sqlalchemy.dialects.postgresql.base:PGInspector"

# Around every run.
IMPL_INIT = Name(_IMPL, "__init__", _STEPS, ("self", "dialect", "connection"))
HEADS_INIT = Name(_HEADS, "__init__", _STEPS, ("self", "context", "heads"))
HEADS = Name(_HEADS, "heads", "the check of heads", is_set_late=True)
MIGRATIONS_FN = Name(_CONTEXT, "_migrations_fn", _STEPS, is_set_late=True)
MIGRATION_FN = Name(_STEP, "migration_fn", _GUARD, is_set_late=True)
AUTOCOMMIT_BLOCK = Name(
    _CONTEXT, "autocommit_block", "the first error of a lost connection", ("self",)
)
REMOVE_PROXY = Name(
    _ENVIRONMENT, "_remove_proxy", "the check for lost commits", ("self",)
)
FOLDER = Name(
    "alembic.util.pyfiles", "coerce_resource_to_filename", ENDS, ("fname_or_resource",)
)
TRANSACTION = Name(_CONTEXT, "_transaction", _DIRECTIVES, is_set_late=True)
IN_TRANSACTION = Name(_CONTEXT, "_in_connection_transaction", _DIRECTIVES, ("self",))
PER_MIGRATION = Name(_CONTEXT, "_transaction_per_migration", _GUARD, is_set_late=True)
BEGIN_TRANSACTION = Name(
    _CONTEXT, "begin_transaction", _STEPS, ("self", "_per_migration")
)
RUN_MIGRATIONS = Name(_CONTEXT, "run_migrations", _STEPS, ("self",))
CALLBACKS = Name(_CONTEXT, "on_version_apply_callbacks", _RECORDING, is_set_late=True)
GET_HEADS = Name(_CONTEXT, "get_current_heads", _COMMANDS, ("self",))
CONFIGURE = Name(_ENVIRONMENT, "configure", _COMMANDS, ("self", "connection"))
CURRENT_CONTEXT = Name(_ENVIRONMENT, "_migration_context", _RECORDING)

# Operations.
ABSTRACT_OPERATIONS = Name("alembic.operations", "AbstractOperations", _DIRECTIVES)
INVOKE = Name(_OPERATIONS, "invoke", _GUARD, ("self", "operation"))
BATCH_IMPL = Name("alembic.operations.batch", "BatchOperationsImpl", _GUARD)
FLUSH = Name(_BATCH, "flush", _GUARD, ("self",))
SHOULD_RECREATE = Name(_BATCH, "_should_recreate", _GUARD, ("self",))
PROXY = Name("alembic.op", "_proxy", _DIRECTIVES, is_set_late=True)
INSTALL_PROXY = Name(
    "alembic.util.langhelpers:ModuleClsProxy",
    "_install_proxy",
    f"the backfills of revision files; {ENDS}",
    ("self",),
)
RENDER_EXPRESSION = Name(_IMPL, "render_ddl_sql_expr", _WRITING, ("self", "expr"))
VARIANTS = Name("sqlalchemy.types:TypeEngine", "_variant_mapping", _WRITING)
REVERSE = Name(
    "alembic.operations.ops:DropIndexOp", "_reverse", _WRITING, is_set_late=True
)

# Scripts.
EMIT_BEGIN = Name(_IMPL, "emit_begin", _OFFLINE, ("self",))
EMIT_COMMIT = Name(_IMPL, "emit_commit", _OFFLINE, ("self",))
STATIC_OUTPUT = Name(_IMPL, "static_output", _OFFLINE, ("self", "text"))
UPGRADE_REVS = Name(
    _SCRIPTS, "_upgrade_revs", _COMMANDS, ("self", "destination", "current_rev")
)
DOWNGRADE_REVS = Name(
    _SCRIPTS, "_downgrade_revs", _COMMANDS, ("self", "destination", "current_rev")
)
FROM_PATH = Name("alembic.script:Script", "_from_path", "lint", ("scriptdir", "path"))
ALL_DOWN_REVISIONS = Name(
    "alembic.script.revision:Revision", "_all_down_revisions", _COMMANDS
)
FINAL_NAME = Name(
    "alembic.util.sqla_compat",
    "_get_constraint_final_name",
    "naming conventions in directives",
    ("constraint", "dialect"),
)

SHOULD_CREATE = Name(
    "sqlalchemy:Constraint",
    "_should_create_for_compiler",
    "CHECK constraints of types in autogenerate",
    ("self", "compiler"),
)

# Autogenerate.
NET_CHANGES = Name(
    "alembic.autogenerate.compare",
    "_produce_net_changes",
    _COMPARING,
    ("autogen_context", "upgrade_ops"),
)
INSPECTOR = Name(_AUTOGEN, "inspector", _COMPARING)
NAME_FILTERS = Name(
    _AUTOGEN,
    "run_name_filters",
    "the filter that hides this package's tables from autogenerate",
    ("self", "name", "type_", "parent_names"),
)
INFO_CACHE = Name(_INSPECTOR, "info_cache", _COMPARING, is_set_late=True)
MULTI_COLUMNS = Name(
    _INSPECTOR, "get_multi_columns", _COMPARING, ("self", "schema", "filter_names")
)
CHAINED = Name("alembic.autogenerate.rewriter:Rewriter", "_chained", _COMPARING)
AUTOGEN_CONTEXT = Name("alembic.autogenerate.api", "AutogenContext", _WRITING)
RENDER_COLUMN = Name(
    "alembic.autogenerate.render",
    "_render_column",
    _WRITING,
    ("column", "autogen_context"),
)
REPR_TYPE = Name(
    "alembic.autogenerate.render", "_repr_type", _WRITING, ("type_", "autogen_context")
)
TO_SCRIPT = Name(_REVISION, "_to_script", _WRITING, ("self", "migration_script"))
GENERATE_SCRIPTS = Name(_REVISION, "generate_scripts", _WRITING, ("self",))
REV_PATH = Name(_SCRIPTS, "_rev_path", _WRITING, ("self", "path", "rev_id"))
GENERATE_TEMPLATE = Name(
    _SCRIPTS, "_generate_template", _WRITING, ("self", "src", "dest")
)

# The command line.
ERR = Name("alembic.util", "err", _MESSAGES, ("message", "quiet"))
SUBPARSERS = Name(
    "alembic.config:CommandLine", "subparsers", _COMMANDS, is_set_late=True
)
PARSER = Name("alembic.config:CommandLine", "parser", _COMMANDS, is_set_late=True)

TABLE = tuple(row for row in list(globals().values()) if isinstance(row, Name))


# ---------------------------------------------------------------------- what is off

_told: set[str] = set()
_waiting: list[str] | None = []
"""Warnings from inside ``import alembic``.

The logger must not exist before env.py calls ``fileConfig()``, which would disable it.
"""


def turn_off(error: UnsupportedAlembicError) -> None:
    """Warn once that Alembic has changed a name, and list the features that need it."""
    part = error.part
    if part in _told:
        return
    _told.add(part)
    rows = [row for row in TABLE if part in {row.name, *row.owner.split(":")}]
    features = "; ".join(dict.fromkeys(row.feature for row in rows))
    warn(
        f"Alembic {version()} {error.fact}, so these features are off: {features}. "
        f"Upgrade alembic-zdt, or run: pip install alembic=={NEWEST}"
    )


def warn(words: str) -> None:
    """Log a warning, or keep it until ``import alembic`` has ended."""
    if _waiting is None:
        logging.getLogger("alembic_zdt").warning(words)
    else:
        _waiting.append(words)


def tell() -> None:
    """Log the warnings kept during ``import alembic``, and later ones at once."""
    global _waiting
    waiting, _waiting = _waiting, None
    for words in waiting or ():
        warn(words)
