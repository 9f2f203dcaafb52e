"""The trigger that keeps two columns equal.

Rows that are in step never enter PL/pgSQL: the trigger has a condition.  Nothing can
call it again: it changes the row that is about to be stored.
https://www.postgresql.org/docs/current/plpgsql-trigger.html
"""

from __future__ import annotations

from alembic_zdt.catalog import ownership, writers
from alembic_zdt.catalog.rights import GRANTEE
from alembic_zdt.names import QualifiedName, dollar_tag, literal, quote
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.twin import passing
from alembic_zdt.twin.conversion import Conversion
from alembic_zdt.twin.window import Window, Winner

_PINNED = " SET search_path = pg_catalog, pg_temp"


class Sync:
    """How the columns of a window follow from each other, and which one wins.

    Args:
        window: the two columns.
        conversion: how the value of one becomes the other's.
        winner: of an UPDATE that writes different values into both.
    """

    def __init__(
        self, window: Window, conversion: Conversion, winner: Winner = Winner.NEW
    ) -> None:
        self.window = window
        self.conversion = conversion
        self._winner = winner

    @property
    def condition(self) -> str:
        """True for a row that is in step."""
        window = self.window
        return self.conversion.in_step(quote(window.twin), quote(window.original))

    def create(self) -> tuple[str, ...]:
        """The statements that make it, on for replicated rows too, and the CHECK."""
        window = self.window
        return (
            # A table that was dropped in an open window has left its functions behind.
            *self.conversion.create(),
            *self._create_trigger(),
            (
                f"ALTER TABLE {window.table.sql} ADD CONSTRAINT {quote(window.check)}"
                f" CHECK ({self.condition}) NOT VALID"
            ),
            *self._for_writers(),
        )

    def mend(self, *, check: bool) -> tuple[str, ...]:
        """Return the statements that make the trigger again, and the CHECK if wanted.

        A CHECK that is there stays: it may be proven, and needs the conversions.
        """
        window = self.window
        dropping = _dropping(window, window.table)
        if check:
            return *dropping, *self.create()
        return *dropping, *self._create_trigger(), *self._for_writers()

    @property
    def every(self) -> tuple[Sync, ...]:
        """Return one for each winner, this one first."""
        others = (winner for winner in Winner if winner is not self._winner)
        syncs = (Sync(self.window, self.conversion, winner) for winner in others)
        return (self, *syncs)

    def _create_trigger(self) -> tuple[str, ...]:
        window = self.window
        columns = f"NEW.{quote(window.twin)}", f"NEW.{quote(window.original)}"
        in_step = self.conversion.in_step(*columns)
        return (
            f"DROP FUNCTION IF EXISTS {window.function.sql}()",
            self._create_function("CREATE", self.body),
            *passing.last_trigger(window, in_step),
            passing.first_triggers(
                window,
                in_step,
                self._create_function("CREATE OR REPLACE", self.body_for_others),
            ),
        )

    def _for_writers(self) -> tuple[str, ...]:
        if self.conversion.calls_functions:
            return (self._for_every_writer(),)
        return ()

    def drop(self) -> tuple[str, ...]:
        """The statements that take it away, and the CHECK with it."""
        table = self.window.table
        # Like the table's, their schema is found by the search_path: a script that was
        # written without one did not know the table's.
        function = table.sibling(self.window.function.name)
        conversions = tuple(map(table.sibling, self.conversion.functions))
        return (
            *_dropping(self.window, table),
            (
                f"ALTER TABLE {table.sql}"
                f" DROP CONSTRAINT IF EXISTS {quote(self.window.check)}"
            ),
            f"DROP FUNCTION IF EXISTS {function.sql}()",
            *([ownership.dropping(conversions, table)] if conversions else ()),
        )

    def _create_function(self, command: str, body: str) -> str:
        """Build the statement for a body that is parsed when a writer runs it.

        All that it names has its schema, so no search_path counts.  To set one would
        cost as much as entering PL/pgSQL, and hide from the caller's functions what
        they look for.
        """
        window, conversion = self.window, self.conversion
        tag = dollar_tag(body)
        create = (
            f"{command} FUNCTION {window.function.sql}() RETURNS trigger"
            f" LANGUAGE plpgsql AS {tag}{body}{tag}"
        )
        if not conversion.calls_functions or window.function.schema is not None:
            return create
        # A script finds the schema of the functions when it runs.
        text = create.replace("%", "%%")
        for name in conversion.functions:
            text = text.replace(f"{quote(name)}(", f"%1$s.{quote(name)}(")
        schema = "pg_catalog.quote_ident(pg_catalog.current_schema())"
        return do_block([f"EXECUTE pg_catalog.format({literal(text)}, {schema});"])

    def _for_every_writer(self) -> str:
        """Run it as the table's owner where a writer may not use the schema.

        A role that writes a view on the table needs no right on the schema of the
        table, which our functions are in.
        """
        window = self.window
        function = f"{window.function.sql}()"
        name = window.function.schema
        schema = literal(name) if name else "pg_catalog.current_schema()"
        owning = literal(f"ALTER FUNCTION {function.replace('%', '%%')} OWNER TO %I")
        owner = (
            f"SELECT pg_catalog.format({owning},"  # noqa: S608  # quoted
            " pg_catalog.pg_get_userbyid(c.relowner)) FROM pg_catalog.pg_class c"
            f" WHERE c.oid OPERATOR(pg_catalog.=) {window.table.regclass}"
            f" AND pg_catalog.has_schema_privilege(c.relowner, {schema}, 'USAGE')"
        )
        return do_block(
            (
                f"IF {writers.are_without_usage(window.table, schema)} THEN",
                f"  ALTER FUNCTION {function} SECURITY DEFINER{_PINNED};",
                f"  REVOKE ALL ON FUNCTION {function} FROM PUBLIC;",
                # Default privileges may have granted it; a trigger on a table of
                # one's own would run casts of one's own as the owner.
                f"  EXECUTE coalesce(({self._revoking(schema)}), 'SELECT 1');",
                "  BEGIN",
                f"    EXECUTE coalesce(({owner}), 'SELECT 1');",
                # It stays ours: we may create functions there, the owner may not.
                "  EXCEPTION WHEN insufficient_privilege THEN NULL;",
                "  END;",
                "END IF;",
            )
        )

    def _revoking(self, schema: str) -> str:
        """Return the query for what takes the right to call it from other roles.

        Args:
            schema: SQL for the name of its schema.
        """
        function = self.window.function
        statement = literal(
            f"REVOKE ALL ON FUNCTION {function.sql.replace('%', '%%')}() FROM %s"
        )
        return qualified(
            f"SELECT pg_catalog.string_agg(pg_catalog.format({statement}, {GRANTEE}),"  # noqa: S608  # quoted
            " '; ') FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n"
            " ON n.oid = p.pronamespace, LATERAL pg_catalog.aclexplode(p.proacl) g"
            f" WHERE n.nspname = {schema} AND p.proname = {literal(function.name)}"
            " AND p.pronargs = 0 AND g.grantee <> p.proowner"
        )

    @property
    def body(self) -> str:
        """The body of the function, as the server keeps it."""
        lines = (
            "BEGIN",
            "  -- Called only for a row that is not in step.",
            *self._syncing(),
            "  RETURN NEW;",
            "END",
        )
        return "\n".join(("", *lines, ""))

    @property
    def body_for_others(self) -> str:
        """Return the body where triggers of the user fire between ours."""
        window = self.window
        original = quote(window.original)
        kept = self.conversion.same_original(f"NEW.{original}", f"OLD.{original}")
        between = passing.Passing(window, kept, *self._assignments())
        return "\n".join(("", *between.body(self._syncing()), ""))

    def _assignments(self) -> tuple[str, str]:
        """Return the assignments to the original, and to the twin."""
        original, twin = quote(self.window.original), quote(self.window.twin)
        return (
            f"NEW.{original} := {self.conversion.assigned_down(f'NEW.{twin}')};",
            f"NEW.{twin} := {self.conversion.assigned_up(f'NEW.{original}')};",
        )

    def _syncing(self) -> tuple[str, ...]:
        to_original, to_twin = self._assignments()
        on_update = self._on_update(to_original, to_twin)
        if self._winner is Winner.NEW:
            return on_update
        return self._unless_insert(to_original, to_twin, on_update)

    def _unless_insert(
        self, to_original: str, to_twin: str, on_update: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Let a twin that has a value win, as an UPDATE does where OLD is NULL.

        So the usual winner needs one branch fewer, for which each statement of an
        application would pay.
        """
        twin = quote(self.window.twin)
        return (
            "  IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN",
            f"    IF NEW.{twin} IS DISTINCT FROM NULL THEN {to_original}",
            f"    ELSE {to_twin}",
            "    END IF;",
            "  ELSE",
            *(f"  {line}" for line in on_update),
            "  END IF;",
        )

    def _on_update(self, to_original: str, to_twin: str) -> tuple[str, ...]:
        original, twin = quote(self.window.original), quote(self.window.twin)
        kept = self.conversion.same_original(f"NEW.{original}", f"OLD.{original}")
        same_twin = self.conversion.same_twin(f"NEW.{twin}", f"OLD.{twin}")
        if self._winner is Winner.OLD:
            same_twin = f"NOT ({kept}) OR {same_twin}"
        refusing: tuple[str, ...] = ()
        if self._winner is Winner.ERROR:
            refusing = (
                f"  IF NOT ({same_twin}) AND NOT ({kept}) THEN",
                f"    RAISE EXCEPTION USING {self._refusal()};",
                "  END IF;",
            )
        return (
            *refusing,
            # The original was changed; or neither was, and the twin is still empty.
            f"  IF {same_twin} THEN {to_twin}",
            f"  ELSE {to_original}",
            "  END IF;",
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


def _dropping(window: Window, table: QualifiedName) -> tuple[str, ...]:
    """Return the statements that drop its triggers, of which some may not be there."""
    return tuple(
        f"DROP TRIGGER IF EXISTS {quote(trigger)} ON {table.sql}"
        for trigger in window.triggers
    )
