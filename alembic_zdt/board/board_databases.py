"""Ask each database of env.py for its status and its blockers.

The blockers come first: what blocks another session may block the rest, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_zdt.alembic_compat.runs import preparing_runs
from alembic_zdt.board.attempts import Attempts, clean
from alembic_zdt.catalog.activity import Holder
from alembic_zdt.catalog.lock_waits import LockWait, lock_waits
from alembic_zdt.commands.status import status_of
from alembic_zdt.connection.database import Database
from alembic_zdt.recording.environment import looking_at_each
from alembic_zdt.runner.configuration import settings_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

HIDDEN = "hidden, because show_queries is off"


@dataclass
class BoardDatabase:
    """The part of the board about one database.

    Attributes:
        name: its name in the URL.
        shows_queries: whether queries may be shown.
        waits: the sessions that wait for locks, without queries if those are hidden;
            None if they could not be asked for.
        status: the object of ``status --json``, None if it could not be asked for.
    """

    name: str
    shows_queries: bool
    waits: Sequence[LockWait] | None = None
    status: Mapping[str, Any] | None = None


class BoardDatabases:
    """Ask the databases one after the other, and keep their answers.

    Args:
        config: Alembic's configuration.
        attempts: gets the faults.

    Attributes:
        found: the databases, in the order of env.py.
    """

    def __init__(self, config: Config, attempts: Attempts) -> None:
        self._config = config
        self._attempts = attempts
        self.found: list[BoardDatabase] = []

    def ask(self) -> None:
        """Ask all databases; what was found before a failure is kept."""
        self._attempts.at("the database", self._ask_each, self._failed)

    def _ask_each(self) -> None:
        script = ScriptDirectory.from_config(self._config)
        script.get_heads()  # the files are read while no transaction is open
        with preparing_runs(self._look_for_blockers):
            looking_at_each(self._config, script, partial(self._look, script))

    def _failed(self) -> str:
        """Name the database that ended env.py, as far as that is known."""
        if not self.found:
            return "the database"
        newest = self.found[-1]
        is_next = "the one after " if newest.status is not None else ""
        return f'{is_next}database "{newest.name}"'

    def _look_for_blockers(self, context: MigrationContext, is_run: bool) -> None:
        if not is_run or context.connection is None:
            return
        shows_queries = settings_of(context).show_queries
        name = str(context.connection.engine.url.database or "")
        self.found.append(BoardDatabase(name, shows_queries))
        waits = self._try("blockers", context, lock_waits)
        if waits is not None:
            self.found[-1].waits = [_wait(each, shows_queries) for each in waits]

    def _look(
        self,
        script: ScriptDirectory,
        context: MigrationContext,
        heads: tuple[str, ...],
    ) -> None:
        status = self._try(
            "status", context, lambda _: status_of(script, context, heads)
        )
        if status is not None:
            shown = self.found[-1].shows_queries
            self.found[-1].status = _shown_status(status.as_json(), shown)

    def _try(self, part: str, context: MigrationContext, ask: Any) -> Any:
        """Return what *ask* returns; after an error the transaction goes on."""
        connection: Any = context.connection

        def within_savepoint() -> Any:
            with connection.begin_nested():
                return ask(Database(connection))

        what = f'the {part} of database "{self.found[-1].name}"'
        return self._attempts.at(what, within_savepoint)


def _shown_status(found: Mapping[str, Any], shown: bool) -> Mapping[str, Any]:
    backfills = [hiding(each, shows_queries=shown) for each in found["backfills"]]
    findings = [
        {**each, "message": clean(each["message"])} for each in found["findings"]
    ]
    return {**found, "backfills": backfills, "findings": findings}


# Texts of a server or of a function: they may repeat a statement or its values.
_FREE_TEXTS = ("error", "waiting", "step", "reason")


def hiding(found: Mapping[str, Any], *, shows_queries: bool) -> dict[str, Any]:
    """Return an object of JSON without the texts that may repeat a query.

    Args:
        found: the object.
        shows_queries: whether they may be shown; then only passwords are replaced.
    """
    return {**found, **dict(_free_texts(found, shows_queries))}


def _free_texts(found: Mapping[str, Any], shows: bool) -> Iterator[tuple[str, str]]:
    for name in _FREE_TEXTS:
        if text := found.get(name):
            yield name, clean(text).partition("\n")[0] if shows else HIDDEN


def _wait(found: LockWait, shows_queries: bool) -> LockWait:
    return replace(
        found,
        query=_query(found.query, shows_queries),
        blockers=[_holder(each, shows_queries) for each in found.blockers],
    )


def _holder(found: Holder, shows_queries: bool) -> Holder:
    return replace(found, query=_query(found.query, shows_queries))


def _query(text: str, shows_queries: bool) -> str:
    return clean(text) if shows_queries else ""
