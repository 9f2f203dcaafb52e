"""The checks by their ids, and the function that runs all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.connection.database import Database
from alembic_zdt.connection.undone import undone
from alembic_zdt.doctor import (
    drivers,
    env_py,
    foreign_owners,
    key_exhaustion,
    privileges,
    replication,
    revision_files,
    server,
    sessions,
    unfinished_objects,
    vacuum,
)
from alembic_zdt.doctor.subject import Check, Subject
from alembic_zdt.findings import Finding, Severity
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic_zdt")

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "other-system": server.system,
        "server-version": server.version,
        "read-only": server.read_only,
        "driver": drivers.driver,
        "statement-caches": drivers.statement_caches,
        "guard": env_py.guard,
        "transactions": env_py.transactions,
        "models": env_py.models,
        "revisions": revision_files.of_database,
        "privileges": privileges.privileges,
        "ownership": foreign_owners.of_objects,
        "half-way": unfinished_objects.half_way,
        "sequence-near-end": key_exhaustion.sequences,
        "key-near-end": key_exhaustion.keys,
        "idle-in-transaction": sessions.idle_in_transaction,
        "long-transaction": sessions.long_transaction,
        "prepared-transaction": sessions.prepared_transaction,
        "autovacuum": vacuum.autovacuum,
        "wraparound": vacuum.wraparound,
        "replication-slot": replication.slots,
        "replication-lag": replication.lag,
        "synchronous-standby": replication.synchronous,
    }
)
"""Checks that read the database, in the order in which they are shown."""

POOLER = "transaction-pooler"

_TIMEOUTS = (
    "SELECT pg_catalog.set_config('lock_timeout', '1s', true),"
    " pg_catalog.set_config('statement_timeout', '15s', true)"
)


@dataclass
class Diagnosis:
    """The results of the checks.

    Attributes:
        findings: the faults that were found.
        checked: ids of the checks that were run.
        unchecked: ids of the checks that could not be run, with the reasons.
    """

    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)

    def add(self, check: str, found: Iterable[Finding], database: str = "") -> None:
        """Add the findings of a check, or the reason why it failed."""
        try:
            for each in found:
                name = each.check or check
                self.findings.append(replace(each, check=name, database=database))
        except Exception as error:  # the other checks are still run
            said = str(getattr(error, "orig", None) or error)
            is_said = isinstance(error, SQLAlchemyError)
            kind = "" if is_said else f"{type(error).__name__}: "
            self.unchecked[check] = kind + " ".join(said.split())
            log.debug("the check %s failed", check, exc_info=error)
            return
        if check not in self.checked:
            self.checked.append(check)

    def in_order(self) -> list[Finding]:
        """Return the findings, errors first."""
        order = list(Severity)
        return sorted(self.findings, key=lambda found: order.index(found.severity))


def examine(
    diagnosis: Diagnosis,
    context: MigrationContext,
    script: ScriptDirectory,
    heads: tuple[str, ...],
) -> None:
    """Run each check in one database of env.py, without changing it.

    Args:
        diagnosis: the collector of the results.
        context: Alembic's migration context.
        script: the revisions.
        heads: the revisions that the database is at.
    """
    connection = context.connection
    if connection is None or connection.dialect.name != "postgresql":
        found = Finding.error(
            f"env.py connects to {context.dialect.name}, not to PostgreSQL",
            "The directives are for PostgreSQL only.",
        )
        diagnosis.add("other-system", [found])
        return
    subject = Subject(
        context, Database(connection), script, heads, settings_of(context)
    )
    place = str(connection.engine.url.database or "")
    if contexts.has_external_transaction(context):
        # This check ends transactions, which must not be those of the caller.
        diagnosis.unchecked[POOLER] = "the connection has a transaction already"
    else:
        with context.autocommit_block():
            diagnosis.add(POOLER, drivers.transaction_pooler(subject), place)
    for name, check in CHECKS.items():
        diagnosis.add(name, _carefully(check, subject), place)


def _carefully(check: Check, subject: Subject) -> Iterator[Finding]:
    """Run a check with timeouts, so that its failure affects no other check."""
    with undone(subject.database):
        subject.database.rows(_TIMEOUTS)
        yield from list(check(subject))
