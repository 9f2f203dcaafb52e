"""The revisions that each target is at, read with one connection for each database.

The version tables of several schemas are read together, so thousands of schemas take
a few queries.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.database import Database
from alembic_zdt.errors import CannotConnectError
from alembic_zdt.events.redaction import without_passwords
from alembic_zdt.fleet.control import over
from alembic_zdt.fleet.fleet_run import FleetOptions, FleetRun
from alembic_zdt.fleet.fleet_settings import fleet_settings
from alembic_zdt.fleet.targets import FleetTarget
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.phases import phase_named, workflow_phase_of

_SILENCE = 5.0

# Each table that a statement reads takes an entry of the server's lock table.
_TABLES_AT_ONCE = 200


@dataclass(frozen=True)
class TargetPosition:
    """Where a target stands.

    Attributes:
        target: the target.
        heads: its revisions, sorted; empty if it has no version table yet.
        error: why it cannot be asked, empty if it was.
    """

    target: FleetTarget
    heads: tuple[str, ...] = ()
    error: str = ""


def positions(
    targets: Sequence[FleetTarget], version_table: str
) -> Iterator[TargetPosition]:
    """Yield the position of each target; those of one database follow each other.

    Args:
        targets: the targets.
        version_table: the name of the version table.
    """
    by_url: dict[str, list[FleetTarget]] = {}
    for target in targets:
        by_url.setdefault(target.url, []).append(target)
    silent: dict[str, str] = {}
    for url, found in by_url.items():
        reader, server = _Reader(found, version_table), found[0].server
        began, words = time.monotonic(), silent.get(server, "")
        try:
            rows = {} if words else over(url, reader.read, server)
        except Exception as error:  # noqa: BLE001  # a driver may raise anything
            words = first_line(error)
            is_slow = time.monotonic() - began >= _SILENCE
            if is_slow and isinstance(error, CannotConnectError):
                silent[server] = words  # its other databases would take as long
        if words:
            yield from (TargetPosition(each, error=words) for each in found)
            continue
        for each in found:
            error_words = reader.errors.get(each.schema, "")
            heads = tuple(sorted(rows.get(each.schema, ())))
            yield TargetPosition(each, heads, error_words)


def goal_of(config: Config, revision: str) -> tuple[str, ...]:
    """Return the revisions that the name of a revision stands for, sorted.

    Args:
        config: Alembic's configuration.
        revision: the name, such as ``heads``.
    """
    found = ScriptDirectory.from_config(config).get_revisions(revision)
    return tuple(sorted(str(each.revision) for each in found))


def left_behind(config: Config, target: FleetTarget, run: FleetRun) -> str:
    """Return why a target is not at the end of its run after its upgrade.

    The text is empty if it is.  The phase of a run may end before, as the rows decide.

    Args:
        config: Alembic's configuration.
        target: the target.
        run: the run.
    """
    if run.options.phase:
        return ""
    (found,) = positions([target], fleet_settings(config).version_table)
    if found.error:
        return found.error
    left = PendingRevisions(config, run.options).of(found.heads)
    if not left:
        return ""
    return (
        f"its upgrade has left {', '.join(left)}: env.py has not committed them, or has"
        " another version table than the settings of the fleet"
    )


def first_line(error: BaseException) -> str:
    """Return the first line of an error, or its type if it has no text."""
    lines = without_passwords(str(error), ()).splitlines()
    return next(iter(lines), "") or type(error).__name__


class _Reader:
    """The version tables of the targets in one database.

    Args:
        targets: the targets.
        version_table: the name of the version table.
    """

    def __init__(self, targets: Sequence[FleetTarget], version_table: str) -> None:
        self._schemas = [each.schema for each in targets]
        self._name = version_table
        self.errors: dict[str, str] = {}

    def read(self, connection: Connection) -> dict[str, list[str]]:
        """Return the revisions by schema."""
        database = Database(connection)
        found: dict[str, list[str]] = {}
        there = self._there(database)
        for start in range(0, len(there), _TABLES_AT_ONCE):
            asked = there[start : start + _TABLES_AT_ONCE]
            for schema, revision in self._readable(database, asked):
                found.setdefault(schema, []).append(revision)
        return found

    def _readable(
        self, database: Database, schemas: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the revisions of the schemas that can be read, note the others."""
        try:
            yield from self._rows(database, schemas)
        except DBAPIError as error:
            if database.connection.invalidated:
                raise
            if len(schemas) == 1:
                self.errors[schemas[0]] = first_line(error)
                return
            for schema in schemas:
                yield from self._readable(database, [schema])

    def _there(self, database: Database) -> list[str]:
        """Return the schemas that have a version table."""
        rows = database.rows(
            "SELECT n.nspname::text FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE c.relkind IN ('r', 'p') AND c.relname = {literal(self._name)}"
        )
        known = {row[0] for row in rows}
        found = [schema for schema in self._schemas if schema in known]
        if "" in self._schemas and database.holds(
            f"{QualifiedName(self._name).regclass} IS NOT NULL"
        ):
            found.append("")
        return found

    def _rows(
        self, database: Database, schemas: Sequence[str]
    ) -> Sequence[tuple[str, str]]:
        parts = [
            f"SELECT {literal(schema)}, version_num::pg_catalog.text"
            f" FROM {QualifiedName(self._name, schema or None).sql}"
            for schema in schemas
        ]
        rows = database.rows(" UNION ALL ".join(parts), as_written=True)
        return [(str(schema), str(revision)) for schema, revision in rows]


class PendingRevisions:
    """Which positions have revisions to run; equal positions are looked up once.

    Args:
        config: Alembic's configuration.
        options: the options of the run.
    """

    def __init__(self, config: Config, options: FleetOptions) -> None:
        self._script = ScriptDirectory.from_config(config)
        self._end = options.revision
        self._last = phase_named(options.phase, "--phase") if options.phase else None
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def of(self, heads: tuple[str, ...]) -> tuple[str, ...]:
        """Return the revisions that a run would apply from *heads*, in order.

        Raises:
            CommandError: the project lacks a revision of the target.
        """
        if heads not in self._known:
            self._known[heads] = tuple(self._found(heads))
        return self._known[heads]

    def _found(self, heads: tuple[str, ...]) -> Iterator[str]:
        for step in contexts.steps_between(
            self._script, heads, self._end, downgrade=False
        ):
            revision = step.revision
            # Whether a stock drop or rename is a contract depends on the rows of each
            # target, and what comes behind a contract is an error of the upgrade.
            phase = workflow_phase_of(revision)
            if self._last is None or not self._last < phase:
                yield str(revision.revision)
