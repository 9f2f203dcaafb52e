"""``alembic-zdt calibrate``: measure how fast this server does the work of steps.

A scratch table gets an index, two validations and a backfill, run by the same code as
in a migration.  Estimates use the result until steps of migrations were measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.backfill.inline import place_of
from alembic_zdt.backfill.journal import Journal
from alembic_zdt.catalog import advisory, own_tables
from alembic_zdt.catalog.own_tables import OwnTable
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import LockNotAvailableError, SettingError, UsageError
from alembic_zdt.estimates import step_history
from alembic_zdt.estimates.estimate_text import bytes_text
from alembic_zdt.events.subscribers import silent
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.backfill import BackfillOp
from alembic_zdt.operations.constraints.validate_constraint import ValidateConstraintOp
from alembic_zdt.operations.indexes.concurrent_index import CreateIndexConcurrentlyOp
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.qualified import qualified
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.measuring import CALIBRATION, table_of
from alembic_zdt.runner.online import Runner, connected
from alembic_zdt.runner.subject_lock import end_turn
from alembic_zdt.settings import SCRATCH_TABLES

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from alembic_zdt.runner.recipe import Recipe

ROWS = 300_000
"""Rows of the scratch table: about 20 MB, and about 20 seconds."""

LEAST_ROWS = 160_000

_KEY = f"{0x7A6474}, {0x63616C}"  # "zdt", "cal" in ASCII
_COLUMNS = (
    "id pg_catalog.int4 PRIMARY KEY, place pg_catalog.int4 NOT NULL,"
    " name pg_catalog.text NOT NULL, filled pg_catalog.int4"
)
_ROWS = """\
INSERT INTO {table}
SELECT n, hashint4(n) & 1023, md5(n::text) FROM generate_series(1, {rows}) n"""
_CONSTRAINTS = """\
ALTER TABLE {table} ADD CONSTRAINT has_name CHECK (length(name) > 3) NOT VALID,
ADD CONSTRAINT of_place FOREIGN KEY (place) REFERENCES {places} NOT VALID"""


def calibrate(config: Config, rows: int = ROWS) -> Sequence[step_history.MeasuredStep]:
    """Measure the steps on each database of env.py, and store the result there.

    Args:
        config: Alembic's configuration.
        rows: the number of rows of the scratch table.

    Returns:
        The steps that were measured.

    Raises:
        LockNotAvailableError: another process calibrates the same database.
        UsageError: there are too few rows to measure, or the setting ``step_table`` is
            empty.
        ZdtError: a step failed; the scratch table was dropped.
    """
    least = LEAST_ROWS
    if rows < least:
        raise UsageError(
            f"cannot calibrate with {rows:,} rows",
            detail="So few rows do not show the speed of a server.",
            hint=f"Give at least --rows {least}.",
        )
    script = ScriptDirectory.from_config(config)
    found = looking_at_each(config, script, lambda context, _: _measured(context, rows))
    return [each for of_one in found for each in of_one]


def as_text(found: Sequence[step_history.MeasuredStep]) -> Iterator[str]:
    """Yield a line for each step that was measured."""
    for each in reversed(found):
        yield (
            f"{each.kind.value}: {each.seconds:.2f} s for {each.size.rows:,} rows,"
            f" {bytes_text(each.size.bytes)}"
        )


def _measured(
    context: MigrationContext, rows: int
) -> Sequence[step_history.MeasuredStep]:
    if not settings_of(context).step_table:
        raise SettingError(
            "cannot calibrate: the setting step_table is empty",
            detail="The result would be stored nowhere.",
            hint="Remove the setting, or name a table.",
        )
    with connected(context, "calibrate") as runner:
        database = runner.database
        settings = replace(runner.settings, progress="off", backfill_triggers="fire")
        quiet = Runner(database, settings, context, source=CALIBRATION)
        history = table_of(settings, context)
        with (
            silent(),
            _alone(database),
            _scratch(quiet, history.name.schema, rows) as table,
        ):
            recipes = list(_recipes(table))
            try:
                for recipe in recipes:
                    end_turn(database, quiet.run(recipe), with_transaction=False)
            finally:
                _forget_backfill(quiet, table)
        newest = step_history.stored(database, history)
    return [each for each in newest if each.source == CALIBRATION][: len(recipes)]


def _recipes(table: QualifiedName) -> Iterator[Recipe]:
    """Yield an operation for each kind of work."""
    yield CreateIndexConcurrentlyOp(IndexSpec(f"{table.name}_name", table, ["name"]))
    for constraint in ("has_name", "of_place"):
        yield ValidateConstraintOp(constraint, table.name, schema=table.schema)
    yield BackfillOp(table.name, {"filled": "id"}, schema=table.schema)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    if not database.holds(advisory.take(_KEY)):
        raise LockNotAvailableError(
            "could not calibrate: another process calibrates this database",
            detail="Two calibrations at the same time would slow down each other.",
            hint="Wait until the other process has ended. Its result counts for this "
            "project, too, if both projects have the same version table.",
        )
    try:
        yield
    finally:
        database.rows(f"SELECT {advisory.release(_KEY)}")


@contextmanager
def _scratch(runner: Runner, schema: str | None, rows: int) -> Iterator[QualifiedName]:
    """Make the scratch tables, and drop them at the end.

    Tables that a killed run has left are dropped first, unless they are another role's.
    """
    database = runner.database
    table, places = (QualifiedName(name, schema) for name in SCRATCH_TABLES)
    made = [
        OwnTable(table, _COLUMNS),
        OwnTable(places, "id pg_catalog.int4 PRIMARY KEY"),
    ]
    own_tables.refuse(database, made)
    dropping = f"DROP TABLE IF EXISTS {table.sql}, {places.sql}"
    names = {"table": table.sql, "places": places.sql, "rows": rows}
    with runner.own_timeouts():
        database.execute(dropping)
        try:
            for each in made:
                database.execute(each.create())
            for statement in _filling(names):
                database.execute(statement)
            yield table
        finally:
            database.execute(dropping)


def _filling(names: dict[str, Any]) -> Iterator[str]:
    """Yield the statements that fill the scratch tables."""
    yield qualified(f"INSERT INTO {names['places']} SELECT generate_series(0, 1023)")
    yield qualified(_ROWS.format_map(names))
    yield qualified(_CONSTRAINTS.format_map(names))
    yield f"ANALYZE {names['table']}"


def _forget_backfill(runner: Runner, table: QualifiedName) -> None:
    journal = Journal(runner.database, place_of(runner.settings, runner.context))
    if not runner.database.connection.invalidated and journal.exists:
        journal.forget(f"{table.label}.filled")
