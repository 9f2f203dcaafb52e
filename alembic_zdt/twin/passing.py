"""Triggers of the user's between ours: they see and may change what is written.

The first of our triggers brings what a statement wrote to both columns.  So a trigger
that normalises, rejects or fills one of the two works on what old and on what new code
writes, under whichever name its function knows the column.  The last one brings what
it has changed to the other column.  Which of the two that is, the last one knows by a
setting of the transaction, in which the first one has left a hash of the twin: one for
each depth, since a trigger in between may write rows of the same table.
https://www.postgresql.org/docs/current/trigger-definition.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.names import quote
from alembic_zdt.twin.window import Window

LAST = "last"
AGAIN = "again"
"""The arguments with which the triggers call the function; the first has none."""

_KNOWN = "pg_catalog.current_setting(zdt_place, true)"


def first_triggers(window: Window, in_step: str) -> tuple[str, ...]:
    """The statements that make the triggers that fire before all others.

    One is called for a row that is not in step, the other for each row that is, behind
    such a one in the transaction: what was left for that one is not true of it.

    Args:
        window: the two columns.
        in_step: the condition that NEW is in step.
    """
    again, first = window.first_triggers
    left = f"pg_catalog.current_setting('{_setting(window)}', true)"
    is_left = f"{left} OPERATOR(pg_catalog.<>) ''"
    return (
        *_trigger(window, again, f"{is_left} AND ({in_step})", f"'{AGAIN}'"),
        *_trigger(window, first, f"NOT ({in_step})", ""),
    )


def last_trigger(window: Window, in_step: str) -> tuple[str, ...]:
    """The statements that make the trigger that fires after all others."""
    return _trigger(window, window.trigger, f"NOT ({in_step})", f"'{LAST}'")


def _trigger(
    window: Window, name: str, condition: str, argument: str
) -> tuple[str, ...]:
    """On for replicated rows, too."""
    table = window.table.sql
    return (
        (
            f"CREATE TRIGGER {quote(name)} BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW WHEN ({condition})"
            f" EXECUTE FUNCTION {window.function.sql}({argument})"
        ),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {quote(name)}",
    )


def remembering(window: Window) -> str:
    """The statement of the first trigger that leaves a hash of the twin."""
    return (
        f"PERFORM pg_catalog.set_config(zdt_place, {_hash(window)}, true),"
        f" pg_catalog.set_config('{_setting(window)}', 'is left', true);"
    )


@dataclass(frozen=True)
class Passing:
    """The parts of the function's body that are about other triggers.

    Attributes:
        window: the two columns.
        kept: the condition that the original is as it was.
        to_original: the assignment of the twin's value.
        to_twin: the assignment of the original's value.
    """

    window: Window
    kept: str
    to_original: str
    to_twin: str

    def body(self, syncing: tuple[str, ...]) -> tuple[str, ...]:
        """All of it.

        Args:
            syncing: what is done for a row that is not in step when it is written.
        """
        is_known = f"{_KNOWN} OPERATOR(pg_catalog.<>) ''"
        kept_twin = f"{_KNOWN} OPERATOR(pg_catalog.=) {_hash(self.window)}"
        remember = remembering(self.window)
        return (
            "DECLARE",
            "  zdt_place pg_catalog.text := pg_catalog.concat(",
            f"    '{_setting(self.window)}_', pg_catalog.pg_trigger_depth());",
            "BEGIN",
            "  IF TG_NARGS OPERATOR(pg_catalog.>) 0 THEN",
            f"    IF TG_ARGV[0] OPERATOR(pg_catalog.=) '{AGAIN}' THEN",
            "      -- In step; what another row has left is not about this one.",
            f"      IF {is_known} THEN {remember} END IF;",
            "    -- Another trigger has changed one of the two.",
            f"    ELSIF (CASE WHEN {is_known} THEN {kept_twin}",
            f"      ELSE NOT ({self.kept}) END)",
            f"    THEN {self.to_twin}",
            f"    ELSE {self.to_original}",
            "    END IF;",
            "    RETURN NEW;",
            "  END IF;",
            *syncing,
            f"  {remember}",
            "  RETURN NEW;",
            "END",
        )


def _setting(window: Window) -> str:
    return f"zdt.sync_{window.check.rpartition('_')[2]}"


def _hash(window: Window) -> str:
    """The hash of the twin's text, as text."""
    text = f'pg_catalog.concat(NEW.{quote(window.twin)}) COLLATE pg_catalog."C"'
    return f"CAST(pg_catalog.hashtextextended({text}, 0) AS pg_catalog.text)"
