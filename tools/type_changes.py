"""Measures which changes of a column's type keep the file of the table.

It gets the folders of several servers (each with ``bin/postgres``), tries each pair of
built-in types on an empty table with an index, and writes ``type_changes.json`` beside
the checks.  A kind of change is in that file only if each pair of the kind keeps the
table's file on every server.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from alembic_zdt.checks.type_changes import key_of
from tools.postgres import Cluster

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "alembic_zdt" / "checks" / "type_changes.json"

# Each type that takes a size: two sizes, of which one is longer.
SIZED = (
    *("bit(3)", "bit(5)", "varbit", "varbit(3)", "varbit(5)"),
    *("char(3)", "char(5)", "varchar", "varchar(3)", "varchar(5)"),
    *("numeric", "numeric(8,2)", "numeric(9,2)", "numeric(9,3)", "numeric(9)"),
    *(
        f"{name}{size}"
        for name in ("time", "timetz", "timestamp", "timestamptz", "interval")
        for size in ("", "(3)", "(5)")
    ),
    *("varchar[]", "varchar(3)[]", "varchar(5)[]", "text[]", "int4[]", "int8[]"),
    *("numeric(8,2)[]", "numeric(9,2)[]", "cidr[]", "inet[]"),
)
PLAIN = """
SELECT t.typname FROM pg_catalog.pg_type t
WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm')
  AND t.typcategory <> 'A' AND t.typmodin = 0
  AND t.typname NOT IN ('char', 'gtsvector')  -- "char" is no CHAR
  AND t.typname NOT LIKE 'pg\\_%'
ORDER BY 1
"""
NODES = """
SELECT c.relkind, c.relfilenode FROM pg_catalog.pg_class c
WHERE c.relname IN ('tried', 'tried_c_idx')
"""


def types_of(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the built-in types that a column can have, and citext."""
    connection.execute("CREATE EXTENSION IF NOT EXISTS citext")
    plain = [name for (name,) in connection.execute(PLAIN)]
    return [*plain, *SIZED, "citext"]


def measured(
    connection: psycopg.Connection[Any], old: str, news: Iterable[str]
) -> Iterator[tuple[str, bool | None]]:
    """Yield for each new type whether indexes are kept, None if the table is not.

    Args:
        connection: in a transaction.
        old: the type before.
        news: the types after.
    """
    connection.execute(f"CREATE TEMPORARY TABLE tried (c {old}) ON COMMIT DROP")
    connection.execute("SAVEPOINT index")
    try:
        connection.execute("CREATE INDEX tried_c_idx ON tried (c)")
    except psycopg.Error:  # values of the type have no order
        connection.execute("ROLLBACK TO SAVEPOINT index")
    before = dict(connection.execute(NODES).fetchall())
    for new in news:
        connection.execute("SAVEPOINT change")
        try:
            connection.execute(f"ALTER TABLE tried ALTER COLUMN c TYPE {new}")
            after = dict(connection.execute(NODES).fetchall())
            is_kept = after.pop("r") == before["r"]
            indexes = {k: v for k, v in before.items() if k != "r"}
            yield new, (after == indexes) if is_kept else None
        except psycopg.Error:
            yield new, None
        connection.execute("ROLLBACK TO SAVEPOINT change")
    connection.execute("DROP TABLE tried")


def all_measured(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], Any]:
    """Return the result for each pair of types of a server."""
    connection.execute("SET TIME ZONE 'Europe/Berlin'")
    types = types_of(connection)
    connection.commit()
    found: dict[tuple[str, str], Any] = {}
    for old in types:
        for new, is_kept in measured(connection, old, types):
            found[old, new] = is_kept
        connection.commit()
    return found


def kinds(found: Iterable[dict[tuple[str, str], Any]]) -> dict[str, Any]:
    """Return the kinds of change for which all pairs, or only some, keep the file."""
    results: dict[str, list[Any]] = {}
    for each in found:
        for (old, new), is_kept in each.items():
            key = key_of(old, new)
            if key is not None and old != new:
                results.setdefault(key, []).append(is_kept)
    kept = {key: all(v) for key, v in results.items() if None not in v}
    sometimes = {k for k, v in results.items() if None in v and len({*v}) > 1}
    return {"keeps_file": dict(sorted(kept.items())), "sometimes": sorted(sometimes)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    found, versions = [], []
    for folder in parser.parse_args(arguments).folders:
        with (
            Cluster(folder / "bin", in_memory=True) as cluster,
            psycopg.connect(cluster.dsn("postgres")) as connection,
        ):
            versions.append(str(connection.info.parameter_status("server_version")))
            found.append(all_measured(connection))
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    data = {"measured": today, "servers": versions} | kinds(found)
    FILE.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
