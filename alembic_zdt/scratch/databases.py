"""Scratch databases, which are dropped at the end.

https://www.postgresql.org/docs/current/manage-ag-templatedbs.html
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy.exc import DBAPIError

from alembic_zdt.connection import driver_errors
from alembic_zdt.errors import PreconditionError
from alembic_zdt.names import quote
from alembic_zdt.runner.explanations import explained
from alembic_zdt.scratch.database_sessions import execute, over, with_database
from alembic_zdt.scratch.dropping import drop_database, end_sessions_in
from alembic_zdt.scratch.owner_marks import MakerLock, Mark
from alembic_zdt.settings import Settings

PREFIX = "zdt_test_"


class Databases:
    """The databases of one process on one server.

    Args:
        server: the URL of a database from which others can be created.
        prepare: a function that gets the URL of the template, once.
        maker: the program, for the marks of the databases.
    """

    def __init__(
        self, server: str, prepare: Callable[[str], object], maker: str
    ) -> None:
        self._server, self._maker = server, maker
        self._lock: MakerLock | None = None
        self._prepare = prepare
        self._template = ""
        self._made: list[str] = []

    @property
    def template(self) -> str:
        """Return the name of the template, which the first call makes."""
        if not self._template:
            self._template = self._create("template0")
            self._prepare(self.url(self._template))
        return self._template

    def url(self, name: str) -> str:
        """Return the URL of a database on this server."""
        return with_database(self._server, name)

    def create(self, template: str | None = None) -> str:
        """Make a copy of a database, by default of the template; return its name.

        Raises:
            PreconditionError: the role may not create databases.
        """
        return self._create(template or self.template)

    def drop(self, name: str) -> None:
        """Drop a database, and end its sessions."""
        over(self._server, lambda connection: drop_database(connection, name))
        self._made.remove(name)

    def close(self) -> None:
        """Drop the databases that are left, even if one of them cannot be dropped."""
        with ExitStack() as stack:
            if self._lock is not None:
                stack.callback(self._lock.release)
            for name in self._made:
                stack.callback(self.drop, name)

    def _create(self, template: str) -> str:
        name, mark = f"{PREFIX}{secrets.token_hex(6)}", self._own_mark()
        # Recorded before it is made: an interrupt may come between the two.
        self._made.append(name)
        with _explained():
            execute(
                self._server,
                # A pool of env.py keeps sessions, and PostgreSQL copies no database
                # that has some.  It waits up to 5 seconds for their end.
                end_sessions_in(template),
                f"CREATE DATABASE {quote(name)} TEMPLATE {quote(template)}",
                mark.on(name),
            )
        return name

    def _own_mark(self) -> Mark:
        """Return the mark of this process, whose lock the first call takes."""
        if self._lock is None:
            lock = MakerLock(self._server, self._maker)
            lock.take()
            self._lock = lock
        return self._lock.mark


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        found = driver_errors.diagnostics(error)
        if found.sqlstate != driver_errors.INSUFFICIENT_PRIVILEGE:
            raise explained(error, "create a scratch database", Settings()) from error
        raise PreconditionError(
            f"cannot create a scratch database: {found.message}",
            detail="The role of the URL needs the attribute CREATEDB.",
            hint="Run ALTER ROLE ... CREATEDB as a superuser, or name another server.",
        ) from error
