"""A schema of another role that shadows what is in pg_catalog, and tells who used it.

Each trap does what the original does, and says so in a notice, which arrives even when
the transaction is rolled back.  Operators are made for every pair of types for which
pg_catalog has an answer, so each of them fits at least as well as the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

SCHEMA = "traps"
SIGN = "zdt trap"
_PACKAGE = Path(__file__).resolve().parents[2] / "alembic_zdt"
_OPERATORS = [
    "=",
    "<>",
    "<",
    ">",
    "<=",
    ">=",
    "||",
    "+",
    "-",
    "*",
    "/",
    "%",
    "~",
    "!~",
    "~*",
    "~~",
    "!~~",
    "~~*",
    "@>",
    "<@",
    "&&",
    "->",
    "->>",
    "#>>",
    "#>",
    "^",
    "|",
]
_TYPES = (
    [
        "text",
        "name",
        "oid",
        "int2",
        "int4",
        "int8",
        "bool",
        "varchar",
        "float8",
        "json",
        "jsonb",
        "timestamptz",
        "interval",
        "regclass",
        "regtype",
        "xid",
        "tid",
        "pg_lsn",
    ]
) + ['"char"']
_ARRAYS = ["text[]", "name[]", "oid[]", "int2[]", "int4[]", "int2vector", "oidvector"]
_SAYS = (
    "CREATE FUNCTION {schema}.say(what pg_catalog.text) RETURNS void LANGUAGE plpgsql"
    " SET search_path = pg_catalog AS $$ BEGIN RAISE NOTICE '{sign}: % in %', what,"
    " current_query(); END $$"
)
_MAKE_OPERATORS = """
DO $do$
DECLARE
  pair record; number int := 0; result text;
BEGIN
  FOR pair IN
    SELECT o, l, r FROM unnest(%(operators)s::text[]) o,
      unnest(%(types)s::text[]) l, unnest(%(types)s::text[]) r
  LOOP
    BEGIN
      EXECUTE format('SELECT pg_typeof(NULL::%%s OPERATOR(pg_catalog.%%s) NULL::%%s)',
        pair.l, pair.o, pair.r) INTO result;
    EXCEPTION WHEN OTHERS THEN
      CONTINUE;
    END;
    number := number + 1;
    EXECUTE format('CREATE FUNCTION %(schema)s.o%%s(%%s, %%s) RETURNS %%s'
      ' LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN PERFORM %(schema)s.say(%%L);'
      ' RETURN $1 OPERATOR(pg_catalog.%%s) $2; END $f$', number, pair.l, pair.r, result,
      format('%%s %%s %%s', pair.l, pair.o, pair.r), pair.o);
    EXECUTE format('CREATE OPERATOR %(schema)s.%%s'
      ' (LEFTARG = %%s, RIGHTARG = %%s, FUNCTION = %(schema)s.o%%s)',
      pair.o, pair.l, pair.r, number);
  END LOOP;
END $do$
"""
_MAKE_FUNCTIONS = """
DO $do$
DECLARE
  f record; call text;
BEGIN
  FOR f IN
    SELECT p.oid, p.proname, p.prokind, p.proretset,
      CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE'
      END AS volatility, pg_get_function_result(p.oid) AS res,
      pg_get_function_identity_arguments(p.oid) AS args, p.pronargs
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY (%(names)s)
      AND p.prokind IN ('f', 'a') AND p.provariadic = 0
  LOOP
    call := (SELECT coalesce(string_agg('$' || n, ', '), '')
      FROM generate_series(1, f.pronargs) n);
    BEGIN
      IF f.prokind = 'f' AND f.proretset THEN
        EXECUTE format('CREATE FUNCTION %(schema)s.%%I(%%s) RETURNS %%s LANGUAGE plpgsql'
          ' %%s AS $f$ BEGIN PERFORM %(schema)s.say(%%L);'
          ' RETURN QUERY SELECT * FROM pg_catalog.%%I(%%s); END $f$',
          f.proname, f.args, f.res, f.volatility, f.proname, f.proname, call);
      ELSIF f.prokind = 'f' THEN
        EXECUTE format('CREATE FUNCTION %(schema)s.%%I(%%s) RETURNS %%s LANGUAGE plpgsql'
          ' %%s AS $f$ BEGIN PERFORM %(schema)s.say(%%L);'
          ' RETURN pg_catalog.%%I(%%s); END $f$',
          f.proname, f.args, f.res, f.volatility, f.proname, f.proname, call);
      ELSIF f.proname <> 'array_agg' THEN
        EXECUTE format('CREATE AGGREGATE %(schema)s.%%I(%%s)'
          ' (SFUNC = %(schema)s.step, STYPE = int8, INITCOND = 0)', f.proname,
          CASE f.args WHEN '' THEN '*' ELSE f.args END);
      END IF;
    EXCEPTION WHEN OTHERS THEN
      NULL;
    END;
  END LOOP;
END $do$
"""
_MAKE_RELATIONS = """
DO $do$
DECLARE
  relation name;
BEGIN
  FOR relation IN
    SELECT c.relname FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname = ANY (%(names)s)
      AND c.relkind IN ('r', 'v')
  LOOP
    BEGIN
      EXECUTE format('CREATE VIEW %(schema)s.%%I AS SELECT x.* FROM pg_catalog.%%I x,'
        ' LATERAL (SELECT %(schema)s.say(%%L)) said OFFSET 0', relation, relation,
        relation);
    EXCEPTION WHEN invalid_table_definition THEN  -- a column of type anyarray
      CONTINUE;
    END;
  END LOOP;
END $do$
"""


def words_of_the_package() -> list[str]:
    """Return every word of the source, in which the names of functions are."""
    files = [*_PACKAGE.rglob("*.py"), *_PACKAGE.rglob("*.sql")]
    found: set[str] = set()
    for file in files:
        found.update(re.findall(r"\w+", file.read_text(encoding="utf-8")))
    return sorted(found)


def make_traps(connection: psycopg.Connection[Any]) -> None:
    """Make the schema, which everybody may use; nothing is in its own path."""
    connection.execute("SET search_path = pg_catalog")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC")
    connection.execute(_SAYS.format(schema=SCHEMA, sign=SIGN))
    connection.execute(
        f"CREATE FUNCTION {SCHEMA}.step(int8) RETURNS int8 LANGUAGE plpgsql AS"
        f" $$ BEGIN PERFORM {SCHEMA}.say('aggregate'); RETURN $1 + 1; END $$"
    )
    for kind in ("anyelement", "text", '"char"', "int8", "tid", "bool", "float8"):
        connection.execute(
            f"CREATE FUNCTION {SCHEMA}.step(int8, {kind}) RETURNS int8 LANGUAGE"
            f" plpgsql AS $$ BEGIN PERFORM {SCHEMA}.say('aggregate');"
            " RETURN $1 + 1; END $$"
        )
    # SQLAlchemy needs the right arrays.
    connection.execute(
        f"CREATE FUNCTION {SCHEMA}.append(anyarray, anynonarray) RETURNS anyarray LANGUAGE"
        f" plpgsql AS $$ BEGIN PERFORM {SCHEMA}.say('array_agg');"
        f" RETURN array_append($1, $2); END $$"
    )
    connection.execute(
        f"CREATE AGGREGATE {SCHEMA}.array_agg(anynonarray)"
        f" (SFUNC = {SCHEMA}.append, STYPE = anyarray)"
    )
    words = words_of_the_package()
    with psycopg.ClientCursor(connection) as cursor:
        types = [*_TYPES, *_ARRAYS]
        for text in (_MAKE_OPERATORS, _MAKE_FUNCTIONS, _MAKE_RELATIONS):
            given = {"operators": _OPERATORS, "types": types, "names": words}
            cursor.execute(text.replace("%(schema)s", SCHEMA), given)
    connection.execute("RESET search_path")


def make_types(connection: psycopg.Connection[Any]) -> None:
    """Make domains with the names of builtin types; they matter in an explicit path."""
    for name in ("oid", "regclass", "jsonb", "timestamptz", "float8", "int8"):
        connection.execute(
            f"CREATE DOMAIN {SCHEMA}.{name} AS pg_catalog.{name}"
            f" CHECK (({SCHEMA}.say('type {name}') IS NULL) IS NOT NULL)"
        )


class Caught:
    """What the traps told of our statements.

    SQLAlchemy and Alembic send queries of their own, which are found by the path; ours
    are those that are sent without parameters.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self._is_ours = False

    def sending(
        self,
        _connection: Any,
        _cursor: Any,
        _sql: str,
        _given: Any,
        context: Any,
        *_: Any,
    ) -> None:
        """Note whose statement the next notices are about."""
        self._is_ours = context.execution_options.get("no_parameters", False)

    def connecting(self) -> None:
        """Leave out what a driver asks."""
        self._is_ours = False

    def hear(self, notice: Any) -> None:
        """Keep a notice of psycopg."""
        text = str(notice.message_primary)
        if self._is_ours and text.startswith(SIGN):
            self.said.append(text.removeprefix(f"{SIGN}: "))

    def but(self, *of_the_user: str) -> set[str]:
        """Return all of it but what the user's own expressions use."""
        ways = tuple(f"{what} in " for what in of_the_user)
        return {each for each in self.said if not each.startswith(ways)}


@contextmanager
def listening() -> Iterator[Caught]:
    """Hear the traps of every connection that SQLAlchemy opens meanwhile."""
    caught = Caught()

    def connected(connection: Any, _record: Any) -> None:
        caught.connecting()
        connection.add_notice_handler(caught.hear)

    event.listen(Pool, "connect", connected)
    event.listen(Engine, "before_cursor_execute", caught.sending)
    try:
        yield caught
    finally:
        event.remove(Engine, "before_cursor_execute", caught.sending)
        event.remove(Pool, "connect", connected)
