"""The trigger that keeps two columns equal.

Rows that are in step never enter PL/pgSQL: the trigger has a condition.  Nothing can
call it again: it changes the row that is about to be stored.
https://www.postgresql.org/docs/current/plpgsql-trigger.html
"""

from __future__ import annotations

from alembic_zdt.catalog import trigger as trigger_catalog
from alembic_zdt.names import literal, quote
from alembic_zdt.runner.transactions import do_block, dollar_tag
from alembic_zdt.twin.equality import same
from alembic_zdt.twin.window import Window, Winner


class Sync:
    """How the columns of a window are compared, and which one wins.

    Args:
        window: the two columns.
        byte_exact: whether equal values of their type are the same.
        winner: of an UPDATE that writes different values into both.
    """

    def __init__(self, window: Window, *, byte_exact: bool, winner: Winner) -> None:
        self.window = window
        self._byte_exact = byte_exact
        self._winner = winner

    @property
    def condition(self) -> str:
        """True for a row that is in step."""
        window = self.window
        return self._same(quote(window.twin), quote(window.original))

    def create(self) -> tuple[str, ...]:
        """The statements that make it, and keep it on for replicated rows."""
        window = self.window
        on = f"ON {window.table.sql}"
        trigger = quote(window.trigger)
        columns = f"NEW.{quote(window.twin)}", f"NEW.{quote(window.original)}"
        in_step = self._same(*columns)
        return (
            (
                f"CREATE FUNCTION {window.function.sql}() RETURNS trigger"
                f" LANGUAGE plpgsql AS {self._quoted_body()}"
            ),
            (
                f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE {on} FOR EACH ROW"
                f" WHEN (NOT ({in_step})) EXECUTE FUNCTION {window.function.sql}()"
            ),
            f"ALTER TABLE {window.table.sql} ENABLE ALWAYS TRIGGER {trigger}",
        )

    def drop(self) -> tuple[str, ...]:
        """The statements that take it away."""
        window = self.window
        trigger = quote(window.trigger)
        # In whatever schema it was made: a script may not have known the table's.
        function = trigger_catalog.function_of(window.trigger, window.table)
        return (
            do_block(
                (
                    f"DROP TRIGGER {trigger} ON {window.table.sql};",
                    "EXECUTE 'DROP FUNCTION ' || zdt_function;",
                ),
                (f"zdt_function text := ({function})",),
            ),
        )

    def _same(self, left: str, right: str) -> str:
        return same(left, right, byte_exact=self._byte_exact)

    def _quoted_body(self) -> str:
        body = self._body()
        tag = dollar_tag(body)
        return f"{tag}{body}{tag}"

    def _body(self) -> str:
        original, twin = quote(self.window.original), quote(self.window.twin)
        to_original, to_twin = (
            f"NEW.{original} := NEW.{twin};",
            f"NEW.{twin} := NEW.{original};",
        )
        return "\n".join(
            (
                "",
                "BEGIN",
                "  -- Called only for a row that is not in step.",
                "  IF TG_OP = 'INSERT' THEN",
                f"    IF NEW.{twin} IS NOT NULL THEN {to_original}",
                f"    ELSE {to_twin}",
                "    END IF;",
                *self._on_update(to_original, to_twin),
                "  END IF;",
                "  RETURN NEW;",
                "END",
                "",
            )
        )

    def _on_update(self, to_original: str, to_twin: str) -> tuple[str, ...]:
        original, twin = quote(self.window.original), quote(self.window.twin)
        kept = self._same(f"NEW.{original}", f"OLD.{original}")
        twin_changed = f"NOT ({self._same(f'NEW.{twin}', f'OLD.{twin}')})"
        if self._winner is Winner.OLD:
            twin_changed = f"{kept} AND {twin_changed}"
        both: tuple[str, ...] = ()
        if self._winner is Winner.ERROR:
            both = (
                f"  ELSIF {twin_changed} AND NOT ({kept}) THEN",
                f"    RAISE EXCEPTION USING {self._refusal()};",
            )
        return (
            *both,
            f"  ELSIF {twin_changed} THEN {to_original}",
            # One of them: the original was changed; none: the twin is still empty.
            f"  ELSE {to_twin}",
        )

    def _refusal(self) -> str:
        window = self.window
        message = (
            f"an UPDATE writes different values into {quote(window.original)} and "
            f"{quote(window.twin)} of {window.table.sql}"
        )
        return (
            "ERRCODE = 'integrity_constraint_violation',"
            f" MESSAGE = {literal(message).strip()}"
        )
