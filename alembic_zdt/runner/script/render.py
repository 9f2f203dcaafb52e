r"""Write the steps of an operation into a ``--sql`` script.

The script can be run again like the online run: each statement checks its skip
condition first.  The flavour ``psql`` uses ``\gexec`` for statements that cannot be
inside an IF.  The flavour ``plain`` is for other runners and uses statements that do no
harm when they are repeated.  The script reads facts about the database when it is run.
https://www.postgresql.org/docs/current/app-psql.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.errors import ZdtError
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.script import partitions
from alembic_zdt.runner.script.definitions import definition_checks
from alembic_zdt.runner.script.hidden_calls import CallPlace
from alembic_zdt.runner.script.invalid_indexes import leftovers
from alembic_zdt.runner.script.text import (
    NEVER_DONE,
    beginning,
    comment,
    ending,
    heading,
    preamble,
    quoted,
    raise_if,
    refusals,
    step_call,
)
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.server_facts import Server
from alembic_zdt.settings import Settings
from alembic_zdt.steps import Precondition, Step, Transaction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["NEVER_DONE", "offline_server", "script", "write_offline"]

_VERSION_FACTOR = 10000
_BEGUN = "_zdt_script_begun"
_FLAG = "zdt_is_ordinary"
_NEWEST_KNOWN = 180000
_AT_LEAST = "pg_catalog.current_setting('server_version_num')::int >="


def write_offline(
    recipe: Recipe,
    context: MigrationContext,
    gate: Sequence[Precondition] = (),
    place: CallPlace | None = None,
) -> None:
    """Write every step of *recipe* outside of the script's transactions.

    Args:
        recipe: the operation.
        context: the migration context of the script.
        gate: preconditions that are checked before those of the operation.
        place: the place of the operation in its revision.
    """
    settings = settings_of(context)
    server = offline_server(settings)
    parts = script(recipe, server, settings, gate=gate)
    psql = settings.sql_flavor == "psql"
    texts = [*head(psql=psql)] if _is_first(context) else []
    texts += (place or CallPlace()).around(parts, recipe.purpose, psql=psql)
    with contexts.written_outside_transaction(context):
        for text in texts:
            contexts.write(context, text)


def head(*, psql: bool) -> Iterator[str]:
    """Yield the parts of a script before its first directive."""
    if psql:
        yield r"\set ON_ERROR_STOP on"
    yield preamble(psql=psql)


def offline_server(settings: Settings) -> Server:
    """Return the server that a script is written for."""
    return Server(version=settings.target_version * _VERSION_FACTOR)


def _is_first(context: MigrationContext) -> bool:
    """Check whether this is the first directive of its script.

    The databases of one env.py share their options, so the context keeps the mark.
    """
    begun = hasattr(context, _BEGUN)
    setattr(context, _BEGUN, True)
    return not begun


def script(
    recipe: Recipe,
    server: Server,
    settings: Settings,
    *,
    gate: Sequence[Precondition] = (),
) -> Iterator[str]:
    """Yield the parts of the script for one operation.

    Args:
        recipe: the operation.
        server: the oldest server on which the script must run.
        settings: the settings: ``lock_timeout``, ``lock_deadline`` and the flavour of
            the script.
        gate: preconditions that are checked before those of the operation.
    """
    psql = settings.sql_flavor == "psql"
    yield f"{comment(f'alembic_zdt: {recipe.purpose}')}\n{beginning(settings)}"
    found = (*gate, *recipe.preconditions(server))
    yield from refusals(found, recipe.purpose, recipe.purpose, NEVER_DONE)
    yield from definition_checks(recipe, server)
    yield from leftovers(recipe, psql=psql)
    yield from _ways(recipe, server, settings)
    yield ending()


def _ways(recipe: Recipe, server: Server, settings: Settings) -> Iterator[str]:
    """Yield the steps for a plain table, then the steps for a partitioned table."""
    steps = recipe.steps(server)
    psql = settings.sql_flavor == "psql"
    usual = [_written(step, settings) for step in steps]
    refusal = _refusal_of_partitioned(recipe, server, psql=psql)
    if refusal:
        yield refusal
    elif psql and partitions.needs_other_steps(recipe, server):
        yield from _fork(recipe, usual, server, settings)
        return
    yield from usual


def _refusal_of_partitioned(recipe: Recipe, server: Server, *, psql: bool) -> str:
    partitioned = partitions.if_partitioned(recipe, server)
    condition = _is_partitioned(recipe)
    try:
        recipe.preconditions(partitioned)
    except ZdtError as error:
        parts = error.primary, error.detail, error.hint
        return raise_if(condition, *parts)
    if psql or not partitions.needs_other_steps(recipe, server):
        return ""
    newest = replace(server, version=max(server.version, _NEWEST_KNOWN))
    if not partitions.needs_other_steps(recipe, newest):
        condition = f"({condition} AND NOT {_AT_LEAST} {_NEWEST_KNOWN})"
    return raise_if(
        condition,
        f"cannot {recipe.purpose} with a plain script: the table is partitioned",
        "Its partitions are known only to the database.",
        "Write the script for psql (-x zdt.sql_flavor=psql) or run this revision "
        "online.",
    )


def _is_partitioned(recipe: Recipe) -> str:
    relation = partitions.subject(recipe)
    oid = relation.regclass if relation else "NULL"
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class\n"
        f"  WHERE oid = {oid} AND relkind IN ('p', 'I'))"
    )


def _fork(
    recipe: Recipe, usual: Sequence[str], server: Server, settings: Settings
) -> Iterator[str]:
    condition = qualified(_is_partitioned(recipe))
    yield f"SELECT NOT {condition} AS {_FLAG} \\gset\n\\if :{_FLAG}"
    yield from usual
    yield "-- The same on a partitioned table, with its current partitions.\n\\else"
    partitioned = partitions.if_partitioned(recipe, server)
    for step in recipe.steps(partitioned):
        yield _of_partitioned(step, recipe, settings)
    yield "\\endif"


def _of_partitioned(step: Step, recipe: Recipe, settings: Settings) -> str:
    root = partitions.subject(recipe)
    if root and partitions.is_for_each(step):
        return partitions.for_each(step, root)
    return _written(step, settings)


def _written(step: Step, settings: Settings) -> str:
    return "\n".join((heading(step), *_statements(step, settings)))


def _statements(step: Step, settings: Settings) -> Iterator[str]:
    if step.transaction is Transaction.SHORT:
        yield step_call(step)
        return
    if step.batches is not None:
        done = "" if step.skip_if.done == NEVER_DONE else step.skip_if.condition
        yield step.batches.script(settings, done)
        return
    found, done = step.preconditions, step.skip_if.condition
    yield from refusals(found, step.purpose, step.sql, done)
    if done == NEVER_DONE:
        yield from (f"{statement};" for statement in step.statements)
    elif settings.sql_flavor == "psql":
        yield from (_gexec(step, statement) for statement in step.statements)
    elif not step.waits_for_snapshots:
        yield _conditional(step)
    else:
        yield from _unconditional(step)


def _gexec(step: Step, statement: str) -> str:
    return f"SELECT {quoted(statement)}\nWHERE NOT {step.skip_if.condition}\n\\gexec"


def _conditional(step: Step) -> str:
    statements = (f"  {statement};" for statement in step.statements)
    return (
        do_block([f"IF NOT {step.skip_if.condition} THEN", *statements, "END IF;"])
        + ";"
    )


def _unconditional(step: Step) -> Iterator[str]:
    """Yield a statement that does no harm when repeated, then a check."""
    if step.unconditional:
        yield f"{step.unconditional};"
    yield raise_if(
        f"NOT {step.skip_if.condition}",
        f"could not {step.purpose} in a plain script",
        "",
        f"Run this by itself, then this script again: {step.sql}",
    )
