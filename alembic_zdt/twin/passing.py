"""The user's triggers, which fire between this package's and may change the row.

The first trigger of this package copies a written value to the other column.  So a
user's trigger that normalises, rejects or fills a column works for old and new code,
whichever name its function uses.  Its last trigger copies the changes of the user's
triggers to the other column.  It finds the changed column by a setting of the
transaction, in which the first trigger has stored a hash of the twin.  There is one
setting for each trigger depth, because a trigger in between may write rows of the same
table.

If the table has no such trigger, the last one does all, and writes cost less.
https://www.postgresql.org/docs/current/trigger-definition.html
"""

from __future__ import annotations

from dataclasses import dataclass

from alembic_zdt.catalog import trigger as trigger_catalog
from alembic_zdt.names import quote
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.twin.window import Window

FIRST = "first"
AGAIN = "again"
"""The arguments with which the triggers call the function; the last has none."""

_KNOWN = "pg_catalog.current_setting(zdt_place, true)"


def first_triggers(window: Window, in_step: str, function: str) -> str:
    """Return the statement that makes the first triggers, if the user has some.

    One fires for a row whose columns differ.  The other fires for the next row whose
    columns match, and clears the setting that the first one has left.

    Args:
        window: the two columns.
        in_step: SQL that is true if the columns of NEW match.
        function: the statement that gives the function its body for this case.
    """
    again, first = window.first_triggers
    # The condition of a trigger runs outside of it, so its depth is less by one.
    place = _place(window, "pg_catalog.pg_trigger_depth()")
    is_left = f"pg_catalog.current_setting({place}, true) OPERATOR(pg_catalog.<>) ''"
    making = (
        function,
        *_trigger(window, again, f"({in_step}) AND {is_left}", f"'{AGAIN}'"),
        *_trigger(window, first, f"NOT ({in_step})", f"'{FIRST}'"),
    )
    return do_block(
        (
            f"IF {qualified(trigger_catalog.has_before_row(window.table))} THEN",
            *(f"  {statement};" for statement in making),
            "END IF;",
        )
    )


def last_trigger(window: Window, in_step: str) -> tuple[str, ...]:
    """Return the statements that make the trigger that fires after all others."""
    return _trigger(window, window.trigger, f"NOT ({in_step})", "")


def _trigger(
    window: Window, name: str, condition: str, argument: str
) -> tuple[str, ...]:
    """Return statements that create a trigger that fires for replicated rows, too."""
    table = window.table.sql
    return (
        (
            f"CREATE TRIGGER {quote(name)} BEFORE INSERT OR UPDATE ON {table}"
            f" FOR EACH ROW WHEN ({condition})"
            f" EXECUTE FUNCTION {window.function.sql}({argument})"
        ),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {quote(name)}",
    )


@dataclass(frozen=True)
class Passing:
    """The body of the function for tables with other triggers between this package's.

    Attributes:
        window: the two columns.
        kept: SQL that is true if the original is unchanged.
        to_original: the assignment of the twin's value to the original.
        to_twin: the assignment of the original's value to the twin.
    """

    window: Window
    kept: str
    to_original: str
    to_twin: str

    def body(self, syncing: tuple[str, ...]) -> tuple[str, ...]:
        """Return the lines of the function's body.

        Args:
            syncing: the lines that run for a written row whose columns differ.
        """
        is_known = f"{_KNOWN} OPERATOR(pg_catalog.<>) ''"
        twin = _hash(self.window)
        kept_twin = f"{_KNOWN} OPERATOR(pg_catalog.=) {twin}"
        depth = "pg_catalog.pg_trigger_depth() OPERATOR(pg_catalog.-) 1"
        # In parentheses, because PL/pgSQL reads up to the first THEN outside of them.
        other = f"(CASE WHEN {is_known} THEN {kept_twin} ELSE NOT ({self.kept}) END)"
        return (
            "DECLARE",
            f"  zdt_place pg_catalog.text := {_place(self.window, depth)};",
            "BEGIN",
            "  IF TG_NARGS OPERATOR(pg_catalog.=) 0 THEN",
            "    -- Another trigger has changed one of the two columns.",
            f"    IF {other} THEN {self.to_twin}",
            f"    ELSE {self.to_original}",
            "    END IF;",
            f"  ELSIF TG_ARGV[0] OPERATOR(pg_catalog.=) '{AGAIN}' THEN",
            "    -- The columns match: forget the hash that another row has stored.",
            "    PERFORM pg_catalog.set_config(zdt_place, '', true);",
            "  ELSE",
            *(f"  {line}" for line in syncing),
            f"    PERFORM pg_catalog.set_config(zdt_place, {twin}, true);",
            "  END IF;",
            "  RETURN NEW;",
            "END",
        )


def _place(window: Window, depth: str) -> str:
    """Return SQL for the name of the setting that belongs to a trigger depth."""
    return f"pg_catalog.concat('zdt.sync_{window.check.rpartition('_')[2]}_', {depth})"


def _hash(window: Window) -> str:
    """Return SQL for the hash of the twin's text, as text."""
    text = f'pg_catalog.concat(NEW.{quote(window.twin)}) COLLATE pg_catalog."C"'
    return f"CAST(pg_catalog.hashtextextended({text}, 0) AS pg_catalog.text)"
