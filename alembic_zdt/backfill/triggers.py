"""Triggers of the user, which fire for each row of a backfill or are skipped.

An ``updated_at``, a version or an audit trigger treats a backfill like a change by the
application.  ``session_replication_role = replica`` skips such triggers, and foreign
keys, too.  So it is refused if the columns take part in a foreign key.
https://www.postgresql.org/docs/current/runtime-config-client.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, get_args

from sqlalchemy.exc import DBAPIError

from alembic_zdt.backfill.definition import Definition
from alembic_zdt.catalog import firing
from alembic_zdt.connection import driver_errors
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import PreconditionError, UsageError, ZdtError
from alembic_zdt.names import dollar_tag, literal
from alembic_zdt.qualified import qualified
from alembic_zdt.settings import Settings

log = logging.getLogger("alembic_zdt")

Triggers = Literal["fire", "skip"]

_ROLE = "PERFORM pg_catalog.set_config('session_replication_role', '{}', true);"
_TRIAL = "SELECT pg_catalog.set_config('session_replication_role', 'replica', true)"
_EFFECT = "an updated_at or a version changes, an audit table gets a row"


def checked_triggers(given: str | None) -> str:
    """Check ``triggers=``, which is empty if the settings decide.

    Raises:
        UsageError: it is neither ``fire`` nor ``skip``.
    """
    if given is None or given in get_args(Triggers):
        return given or ""
    raise UsageError(
        f'triggers="{given}" of a backfill is neither "fire" nor "skip"',
        detail="triggers= decides whether triggers of the table fire for each row.",
        hint='Write triggers="fire" or triggers="skip", or leave it out.',
    )


def resolved(definition: Definition, settings: Settings) -> Definition:
    """Set the triggers from the settings, if the call does not set them."""
    if definition.triggers or settings.backfill_triggers == "warn":
        return definition
    return replace(definition, triggers=settings.backfill_triggers)


def fired(database: Database, definition: Definition) -> list[str]:
    """Describe the triggers and rules that an UPDATE by the backfill fires."""
    columns = tuple(definition.values)
    query = firing.by_update(definition.table, columns)
    return [str(row[0]) for row in database.rows(query)]


def note(found: Sequence[str], definition: Definition) -> str:
    """Describe what happens to the triggers, empty if there are none."""
    if not found:
        return ""
    listed = "; ".join(found)
    if definition.triggers == "skip":
        return f"skips these for each row or batch: {listed}"
    words = f"fires these as for changes by the application: {listed}"
    if definition.triggers == "fire":
        return words
    return f'{words} ({_EFFECT}); choose triggers="skip" or triggers="fire"'


def begin(database: Database, name: str, definition: Definition) -> None:
    """Log which triggers fire or are skipped, and refuse to skip required ones.

    Raises:
        PreconditionError: the triggers cannot be skipped, or PostgreSQL would refuse a
            batch because of a rule.
    """
    if definition.triggers == "skip":
        _check_skipping(database, name, definition)
    found = fired(database, definition)
    rules = [words for words in found if words.startswith("rule ")]
    if rules and definition.triggers != "skip":
        raise _cannot_fire(name, definition, rules)
    words = note(found, definition)
    if words:
        level = logging.INFO if definition.triggers else logging.WARNING
        log.log(level, "backfill %s: %s", name, words)


def _check_skipping(database: Database, name: str, definition: Definition) -> None:
    columns = tuple(definition.values)
    found = database.rows(firing.needed(definition.table, columns))
    if found:
        raise _cannot_skip(
            name, definition, f"Found: {'; '.join(str(row[0]) for row in found)}."
        )
    try:
        database.execute(_TRIAL)
    except DBAPIError as error:
        said = driver_errors.diagnostics(error)
        if said.sqlstate != driver_errors.INSUFFICIENT_PRIVILEGE:
            raise
        raise _no_right(database, name, definition, said.message) from error


def _cannot_fire(name: str, definition: Definition, rules: Sequence[str]) -> ZdtError:
    return PreconditionError(
        f'backfill "{name}" cannot apply the rules of "{definition.table.label}"',
        detail="A batch is a WITH query, for which PostgreSQL refuses these rules: "
        f"{'; '.join(rules)}.",
        hint='Write triggers="skip", or replace the rules by triggers.',
        table=definition.table.label,
    )


def _cannot_skip(name: str, definition: Definition, detail: str) -> ZdtError:
    return PreconditionError(
        _no_skipping(name, definition),
        detail=detail,
        hint='Write triggers="fire", or first change what the detail lists.',
        table=definition.table.label,
    )


def _no_skipping(name: str, definition: Definition) -> str:
    return f'backfill "{name}" cannot skip the triggers of "{definition.table.label}"'


def _no_right(
    database: Database, name: str, definition: Definition, said: str
) -> ZdtError:
    role = database.value("SELECT pg_catalog.quote_ident(current_user)")
    return PreconditionError(
        _no_skipping(name, definition),
        detail=f"The server reported: {said}.",
        hint=f"Run GRANT SET ON PARAMETER session_replication_role TO {role}; as a "
        'superuser (PostgreSQL 15 and newer), or write triggers="fire".',
        table=definition.table.label,
    )


def changing(statements: Iterable[str], definition: Definition) -> list[str]:
    """Wrap the statements so that they skip triggers, if the definition asks for it.

    Only these statements skip triggers.  The rest of the transaction writes the
    journal, where the server has to check a foreign key.
    """
    if definition.triggers != "skip":
        return list(statements)
    return [*around(definition)[:1], *statements, *around(definition)[1:]]


def around(definition: Definition) -> tuple[str, str]:
    """Return the statements that switch triggers off and on, none if they fire."""
    if definition.triggers != "skip":
        return "", ""
    return _ROLE.format("replica"), _ROLE.format("origin")


def refusal(name: str, definition: Definition) -> str:
    """Return the block of a script that refuses to skip required triggers."""
    if definition.triggers != "skip":
        return ""
    query = firing.needed(definition.table, tuple(definition.values))
    words = _no_skipping(name, definition)
    body = qualified(
        f" DECLARE zdt_found pg_catalog.text; BEGIN SELECT string_agg(n.words, '; ')"
        f" INTO zdt_found FROM ({query}) n; IF zdt_found IS NOT NULL THEN"
        f" RAISE EXCEPTION USING MESSAGE = {literal(words)}, DETAIL = zdt_found,"
        " HINT = 'Write triggers=\"fire\", or first change what the detail lists.';"
        " END IF; END "
    )
    tag = dollar_tag(body)
    return f"DO {tag}{body}{tag};"
