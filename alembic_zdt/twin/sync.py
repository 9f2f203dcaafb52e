"""The trigger that keeps two columns equal.

The trigger has a condition, so rows whose columns match never enter PL/pgSQL.  It
cannot fire again for its own change, because it changes the row before it is stored.
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
    """The trigger and the CHECK of a window.

    Args:
        window: the two columns.
        conversion: the conversion between the values of the two columns.
        winner: which value wins when an UPDATE writes different values into both.
    """

    def __init__(
        self, window: Window, conversion: Conversion, winner: Winner = Winner.NEW
    ) -> None:
        self.window = window
        self.conversion = conversion
        self._winner = winner

    @property
    def condition(self) -> str:
        """Return SQL that is true if the columns of a row match."""
        window = self.window
        return self.conversion.in_step(quote(window.twin), quote(window.original))

    def create(self) -> tuple[str, ...]:
        """Return the statements that create the functions, triggers and CHECK."""
        window = self.window
        return (
            # Dropping a table with an open window leaves the window's functions.
            *self.conversion.create(),
            *self._create_trigger(),
            (
                f"ALTER TABLE {window.table.sql} ADD CONSTRAINT {quote(window.check)}"
                f" CHECK ({self.condition}) NOT VALID"
            ),
            *self._for_writers(),
        )

    def mend(self, *, check: bool) -> tuple[str, ...]:
        """Return the statements that create the trigger again, and the CHECK if asked.

        An existing CHECK stays: it may be validated, and it needs the conversion
        functions.
        """
        window = self.window
        dropping = _dropping(window, window.table)
        if check:
            return *dropping, *self.create()
        return *dropping, *self._create_trigger(), *self._for_writers()

    @property
    def every(self) -> tuple[Sync, ...]:
        """Return a sync for each possible winner, the present one first."""
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
        """Return the statements that drop the triggers, functions and CHECK."""
        table = self.window.table
        # The search_path finds their schema, as it finds the table's: a script without
        # a schema did not know the table's.
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
        """Return the statement that creates a function, parsed when a writer runs it.

        Every name in the body has its schema, so the search_path does not matter.
        Setting one would cost as much as entering PL/pgSQL.  It would also hide names
        that the caller's functions look for.
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
        """Return a block that runs the function as the owner if writers lack USAGE.

        A role that writes a view on the table needs no right on the table's schema, in
        which our functions are.
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
                # Default privileges may have granted it.  With a trigger on a table of
                # its own, a role could then run its own casts as the owner.
                f"  EXECUTE coalesce(({self._revoking(schema)}), 'SELECT 1');",
                "  BEGIN",
                f"    EXECUTE coalesce(({owner}), 'SELECT 1');",
                # Our role stays the owner: it may create functions there, the table's
                # owner may not.
                "  EXCEPTION WHEN insufficient_privilege THEN NULL;",
                "  END;",
                "END IF;",
            )
        )

    def _revoking(self, schema: str) -> str:
        """Return the query for statements that revoke the right to call the function.

        Args:
            schema: SQL for the name of the function's schema.
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
        """Return the body of the function, as PostgreSQL stores it."""
        lines = (
            "BEGIN",
            "  -- Called only for a row that is not in sync.",
            *self._syncing(),
            "  RETURN NEW;",
            "END",
        )
        return "\n".join(("", *lines, ""))

    @property
    def body_for_others(self) -> str:
        """Return the body for tables with a user's trigger between this package's."""
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
        """Return lines by which an INSERT keeps a twin's value that is not NULL.

        For the usual winner, the lines of an UPDATE do the same, because OLD is NULL in
        an INSERT.  So it needs no branch, which every statement of the application
        would run.
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
    """Return the statements that drop the window's triggers, if they exist."""
    return tuple(
        f"DROP TRIGGER IF EXISTS {quote(trigger)} ON {table.sql}"
        for trigger in window.triggers
    )
