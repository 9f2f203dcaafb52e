"""The base class of all operations, and the registration of ``op.<name>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from alembic.autogenerate.render import renderers
from alembic.operations import BatchOperations, Operations
from alembic.operations.ops import MigrateOperation

from alembic_zdt.alembic_compat import op_proxy
from alembic_zdt.errors import (
    BatchModeError,
    IrreversibleOperationError,
    OfflineUnsupportedError,
    UndefinedObjectError,
    WrongObjectTypeError,
)
from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.operations.calls.argument_docs import complete
from alembic_zdt.operations.calls.arguments import (
    parameters_of,
    refuse_unknown,
    refusing_unknown,
)
from alembic_zdt.operations.calls.made_directive import made_directive
from alembic_zdt.operations.calls.written_call import (
    Prefixes,
    written_arguments,
    written_call,
)
from alembic_zdt.operations.refusals.kept_tables import refuse_kept_table
from alembic_zdt.queueing.later import Later
from alembic_zdt.runner.servers import check_dialect
from alembic_zdt.server_facts import (
    RELATION_KINDS,
    Question,
    Server,
    TableFacts,
    TableQuestion,
)
from alembic_zdt.steps import Precondition, Step

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from alembic_zdt.queueing.queue_step import Origin

Op = TypeVar("Op", bound="type[ZdtOperation]")
Remark = TypeVar("Remark", bound="type[Any]")

REGISTERED: dict[str, type[ZdtOperation]] = {}
"""Every registered directive by its name."""

REGISTERED_ANNOTATIONS: dict[str, type[Any]] = {}
"""Every registered call that runs no statement, by its name."""


class ZdtOperation(MigrateOperation):
    """An operation of this package: a recipe of steps.

    A subclass computes the steps, and the runner runs them.
    """

    directive: ClassVar[str]
    builds_index: ClassVar[bool] = False
    ends_queued_calls: ClassVar[bool] = False
    later: Later | None = None
    origin: Origin | None = None

    @property
    def queue_object(self) -> str:
        """Return the name that queued calls have for the object, empty if none can."""
        return ""

    @property
    def purpose(self) -> str:
        """Return what the operation does, as a short phrase for messages."""
        raise NotImplementedError

    @property
    def subject(self) -> str:
        """Return the object that only one migration at a time may work on."""
        raise NotImplementedError

    def questions(self) -> Sequence[Question[Any]]:
        """Return the questions to the server that the steps depend on."""
        return ()

    def preconditions(self, server: Server) -> Sequence[Precondition]:  # noqa: ARG002
        """Return the conditions that must hold before the first step."""
        return ()

    def steps(self, server: Server) -> Sequence[Step]:
        """Return the steps in order, without asking the server."""
        raise NotImplementedError

    def arguments(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the positional and keyword arguments of the caller's call."""
        raise NotImplementedError

    @property
    def call(self) -> str:
        """Return the caller's call, as it can be pasted into a revision."""
        return written_call(self.directive, *self.arguments())

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the change as ``alembic check`` reports it."""
        positional, named = self.arguments()
        return (self.directive, *positional, named)

    def _irreversible(self, why: str, hint: str) -> NoReturn:
        raise IrreversibleOperationError(
            f"cannot reverse {self.call}", detail=why, hint=hint
        )


class TableOperation(ZdtOperation):
    """An operation on one table.

    Args:
        table_name: the table.
        column_name: the column.
        constraint_name: the name of the constraint; None for the metadata's naming
            convention.
        schema: the table's schema, default: by search_path.

    Raises:
        WrongObjectTypeError: the relation is not a table, but a view, for example.
        LockNotAvailableError: the lock was not available in time.
    """

    table: QualifiedName

    @property
    def subject(self) -> str:
        """Return the name of the table, for the lock between migrations."""
        return self.table.label

    def questions(self) -> Sequence[Question[Any]]:
        """Return the question about the table."""
        return (TableQuestion(self.table),)


def directive(cls: Op) -> Op:
    """Make an operation the ``op.`` call named ``cls.directive``, as a decorator.

    The call has the arguments of ``__init__()`` and the docstring of the class, unless
    the class has a classmethod of that name.
    """
    name = cls.directive
    if name not in vars(cls):
        setattr(cls, name, classmethod(made_directive(cls, name)))
    REGISTERED[name] = cls
    if not op_proxy.is_taken(Operations, name):
        _register(name, cls)
        _refuse_in_batch(name, cls)
    Operations.implementation_for(cls)(_invoke)
    renderers.dispatch_for(cls)(_render)
    return cls


def annotation(cls: Remark) -> Remark:
    """Make the classmethod named ``cls.name`` an ``op.`` call, as a decorator."""
    REGISTERED_ANNOTATIONS[cls.name] = cls
    if not op_proxy.is_taken(Operations, cls.name):
        _register(cls.name, cls)
    return cls


def _register(name: str, story: type[Any]) -> None:
    complete(story, name)
    Operations.register_operation(name)(story)
    # Python's own error for an unknown option suggests no similar one.
    made, ours = getattr(Operations, name), getattr(story, name)
    setattr(Operations, name, refusing_unknown(name, made, ours))


def is_said(reason: object) -> bool:
    """Check whether the reason is a text that is not blank."""
    return isinstance(reason, str) and bool(reason.strip())


def _invoke(operations: Operations, operation: ZdtOperation) -> None:
    # Imported late: `import alembic` loads our plugin before it has loaded all parts of
    # Alembic that the runner needs.
    from alembic_zdt.contract_gate.revision_gate import ask_operation  # noqa: PLC0415  # as above
    from alembic_zdt.contract_gate.script_gate import script_gate  # noqa: PLC0415  # as above
    from alembic_zdt.queueing.at_once import at_once_if_new  # noqa: PLC0415  # as above
    from alembic_zdt.queueing.queue_step import origin_of  # noqa: PLC0415  # as above
    from alembic_zdt.queueing.withdrawing import beside_queue  # noqa: PLC0415  # as above
    from alembic_zdt.runner.configuration import settings_of  # noqa: PLC0415  # as above
    from alembic_zdt.runner.online import run_online  # noqa: PLC0415  # as above
    from alembic_zdt.runner.run_state import run_state  # noqa: PLC0415  # as above
    from alembic_zdt.runner.script.render import write_offline  # noqa: PLC0415  # as above

    context = operations.get_context()
    check_dialect(context.dialect.name, operation.purpose)
    settings = settings_of(context)
    own = settings.own_tables
    refuse_kept_table(operation, {context.version_table, *own})
    if context.as_sql:
        if operation.later is not None:
            operation.origin = origin_of(context)
        place_of = run_state(context).place_of
        place = None if place_of is None else place_of(operation)
        write_offline(operation, context, script_gate(context, operation), place)
        return
    is_done = run_state(context).is_done
    if is_done is None or not is_done(operation):
        ask_operation(context, operation)
        operation = at_once_if_new(context, operation)
        before_drop = run_state(context).before_drop
        with beside_queue(context, operation) as found:
            if found.is_done:
                return
            if before_drop is not None and not found.may_be_missing:
                before_drop(operation)
            run_online(operation, context)


def _render(autogen_context: AutogenContext, operation: ZdtOperation) -> str:
    prefixes = Prefixes(
        autogen_context.opts.get("alembic_module_prefix") or "",
        autogen_context.opts.get("sqlalchemy_module_prefix") or "",
        autogen_context,
    )
    written = ", ".join(written_arguments(*operation.arguments(), prefixes))
    return f"{prefixes.alembic}{operation.directive}({written})"


def _refuse_in_batch(name: str, story: type[ZdtOperation]) -> None:
    class Refused(MigrateOperation):
        @classmethod
        def refuse(cls, operations: BatchOperations, *args: Any, **kw: Any) -> NoReturn:
            table = operations.impl.table_name
            parameters = parameters_of(getattr(story, name))
            outside = _outside_batch(parameters, operations.impl, args, kw)
            refuse_unknown(name, parameters, *outside)
            call = written_call(name, *outside)
            raise BatchModeError(
                f'cannot run {name}() on "{table}" inside batch_alter_table()',
                detail="A batch collects changes and runs them together at its end; "
                "this directive commits each of its steps on its own.",
                hint=f"Move the call out of the batch: {call}.",
                directive=name,
            )

    BatchOperations.register_operation(name, "refuse")(Refused)


def _outside_batch(
    parameters: Sequence[str],
    batch: Any,
    positional: tuple[Any, ...],
    named: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments outside of the batch, with its table and schema."""
    for table, schema in (("table_name", "schema"), ("source_table", "source_schema")):
        if table not in parameters:
            continue
        at = parameters.index(table)
        if at > len(positional):
            named = {table: batch.table_name, **named}
        else:
            positional = (*positional[:at], batch.table_name, *positional[at:])
        named = named | {schema: batch.schema}
    return positional, named


TABLES = "rp"
"""``pg_class.relkind`` of ordinary and partitioned tables."""

INDEXABLE = "rpm"
"""``pg_class.relkind`` of relations with indexes, materialized views included."""


def require_table(
    table: QualifiedName, server: Server, kinds: str = TABLES
) -> TableFacts:
    """Return the facts of a table, which must exist online and is assumed offline.

    Raises:
        UndefinedObjectError: there is no such table.
        WrongObjectTypeError: it is a view, a foreign table or the like.
    """
    facts = server.table(table)
    if not server.online:
        return facts
    if server.answer(TableQuestion(table)) is None:
        raise UndefinedObjectError(
            f'table "{table.label}" does not exist',
            detail="No relation of that name is visible in the search_path."
            if table.schema is None
            else f'There is no such relation in schema "{table.schema}".',
            hint="Correct the name, or pass schema=."
            if table.schema is None
            else "Correct the name or the schema.",
            table=table.label,
        )
    if facts.kind not in kinds:
        found = RELATION_KINDS.get(facts.kind, "another kind of relation")
        raise WrongObjectTypeError(
            f'"{table.label}" is {found}, not a table',
            detail=(
                f"Only a table{' or a materialized view' if 'm' in kinds else ''} "
                "can be changed in this way."
            ),
            hint="Name the table that stores the rows.",
            table=table.label,
        )
    return facts


def require_columns(
    table: QualifiedName, facts: TableFacts, columns: Sequence[str], server: Server
) -> None:
    """Refuse columns that the table does not have, if the server was asked.

    Raises:
        UndefinedObjectError: a column does not exist.
    """
    missing = [column for column in columns if column not in facts.columns]
    if not server.online or not missing:
        return
    have = ", ".join(quote(name) for name in facts.columns)
    raise UndefinedObjectError(
        f'column "{missing[0]}" of table "{table.label}" does not exist',
        detail=f"The table has {have}.",
        hint="Correct the column name.",
        table=table.label,
        column=missing[0],
    )


def needs_database(operation: ZdtOperation, fact: str) -> OfflineUnsupportedError:
    """Build the error for a directive that ``--sql`` cannot write."""
    return OfflineUnsupportedError(
        f"cannot write {operation.call} offline",
        detail=f"{fact} is read from the database, and --sql does not connect to one.",
        hint="Run this revision online.",
    )
