r"""Writes the steps of an operation into a ``--sql`` script.

The script is as restartable as the online run: every statement asks its guard first.
Two flavours: ``psql`` uses ``\gexec`` for statements that cannot stand behind an IF,
``plain`` is for other runners and uses forms that do no harm when repeated.
https://www.postgresql.org/docs/current/app-psql.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_zdt import compat
from alembic_zdt.facts import Server
from alembic_zdt.names import literal
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.recipe import Recipe
from alembic_zdt.runner.transactions import do_block, lock_statements
from alembic_zdt.settings import Settings, milliseconds
from alembic_zdt.steps import Step, Transaction

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

NEVER_DONE = "false"
_VERSION_FACTOR = 10000


def write_offline(recipe: Recipe, context: MigrationContext) -> None:
    """Write every step of *recipe* outside of the script's transactions."""
    settings = settings_of(context)
    server = offline_server(settings)
    with compat.written_outside_transaction(context):
        for text in script(recipe, server, settings, first=_is_first(context)):
            compat.write(context, text)


def offline_server(settings: Settings) -> Server:
    """The server that a script is written for."""
    return Server(version=settings.target_version * _VERSION_FACTOR)


def _is_first(context: MigrationContext) -> bool:
    return not context.opts.setdefault("_zdt_script_begun", {}).setdefault("yes", 0)


def script(
    recipe: Recipe, server: Server, settings: Settings, *, first: bool = False
) -> Iterator[str]:
    """The parts of the script for one operation.

    Args:
        recipe: the operation.
        server: the oldest version it must run on.
        settings: the bound, the deadline and the flavour.
        first: whether the script has had no directive before.
    """
    psql = settings.sql_flavor == "psql"
    if psql and first:
        yield r"\set ON_ERROR_STOP on"
    yield f"-- alembic_zdt: {_comment(recipe.purpose)}"
    yield "SET statement_timeout = 0;"
    for step in recipe.steps(server):
        yield "\n".join((_heading(step), _written(step, settings, psql=psql)))
    yield "RESET statement_timeout;"


def _heading(step: Step) -> str:
    lines = [f"-- {step.purpose}"]
    for lock in step.locks:
        lines.append(f"-- lock: {lock}, blocks {lock.mode.blocks}")
    if step.scans:
        lines.append(f"-- scan: {', '.join(step.scans)}")
    if step.guard.done != NEVER_DONE:
        lines.append(f"-- skipped when {step.guard.words}")
    return "\n".join(_comment(line) for line in lines)


def _comment(text: str) -> str:
    return text.replace("\n", " ")


def _written(step: Step, settings: Settings, *, psql: bool) -> str:
    if step.transaction is Transaction.SHORT:
        return _patient(step, settings) + ";"
    if step.guard.done == NEVER_DONE:
        return _plainly(step)
    if psql:
        return "\n".join(_gexec(step, statement) for statement in step.statements)
    if not step.waits_for_snapshots:
        return _conditional(step) + ";"
    return _unconditional(step)


def _plainly(step: Step) -> str:
    return "\n".join(f"{statement};" for statement in step.statements)


def _gexec(step: Step, statement: str) -> str:
    quoted = literal(statement).strip()
    return f"SELECT {quoted}\nWHERE NOT {step.guard.done}\n\\gexec"


def _conditional(step: Step) -> str:
    body = [f"IF {step.guard.done} THEN", "  RETURN;", "END IF;"]
    return do_block([*body, *(f"{statement};" for statement in step.statements)])


def _unconditional(step: Step) -> str:
    """For runners that know no conditions: a harmless form, then a check."""
    if not step.unconditional:
        return _refusal(step, f"run by hand: {step.sql}") + ";"
    check = _refusal(step, f"not done: {step.guard.words}")
    return f"{step.unconditional};\n{check};"


def _refusal(step: Step, message: str) -> str:
    text = literal(message.replace("%", "%%"))
    return do_block(
        [
            f"IF NOT {step.guard.done} THEN",
            f"  RAISE EXCEPTION {text.strip()};",
            "END IF;",
        ]
    )


def _patient(step: Step, settings: Settings) -> str:
    """A short transaction that tries for its lock again and again.

    It queues for a twentieth of the bound at first, for all of it at last; between
    two tries it holds no lock.
    """
    bound = milliseconds(settings.lock_timeout)
    deadline = settings.lock_deadline.total_seconds()
    locks = lock_statements(step.locks)
    statements = [f"{statement};" for statement in step.statements]
    return do_block(
        [
            f"IF {step.guard.done} THEN",
            "  RETURN;",
            "END IF;",
            "LOOP",
            "  BEGIN",
            (
                "    PERFORM pg_catalog.set_config('lock_timeout',"
                f" least({bound}, {bound} * tries / 20.0)::int + 1"
                " || 'ms', true);"
            ),
            *(f"    {line}" for line in (*locks, *statements)),
            "    EXIT;",
            "  EXCEPTION WHEN lock_not_available OR deadlock_detected THEN",
            (
                f"    IF pg_catalog.clock_timestamp() > began + interval '{deadline:g} s'"
                " THEN"
            ),
            "      RAISE;",
            "    END IF;",
            "  END;",
            "  tries := tries + 1;",
            "  PERFORM pg_catalog.pg_sleep(0.05 + 0.1 * pg_catalog.random());",
            "END LOOP;",
        ],
        (
            "began timestamptz := pg_catalog.clock_timestamp()",
            "tries int := 1",
        ),
    )
