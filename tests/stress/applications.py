"""A version of the application: it writes by the names and types that it knows."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg

from tests.stress.workflows import Field, Side

PAUSE = 0.008
# A retry is right after a failure to serialize; whatever else fails is a fault.
TO_BE_RETRIED = ("40001",)


@dataclass(frozen=True)
class Table:
    """A table of the application.

    Attributes:
        names: what old and new code call it.
        fields: what is stored of a row.
        known: SQLSTATEs that an upsert may get.
    """

    names: tuple[str, str | None]
    fields: tuple[Field, ...]
    known: tuple[str, ...] = ()

    def sides(self, version: str) -> list[tuple[Field, Side]]:
        """Return the fields that a version knows."""
        found = [(each, getattr(each, version)) for each in self.fields]
        return [(each, side) for each, side in found if side is not None]

    def name(self, version: str) -> str | None:
        """Return what a version calls it."""
        return self.names[version == "new"]


@dataclass(frozen=True)
class Written:
    """A value that the server has acknowledged.

    Attributes:
        seq: the counter of the row behind the write.
        number: the value; ``None`` is NULL.
        side: how it was written.
    """

    seq: int
    number: int | None
    side: Side | None


@dataclass
class Ledger:
    """What the applications know to be stored.

    Attributes:
        rows: (table, id) -> field -> the last write.
        deleted: rows that are gone.
        updates: how often an UPDATE of a row was acknowledged.
        statements: rows that each application has changed, for the audit trigger.
        errors: what an application was told that no application should be.
        longest: seconds and text of the longest statement.
        lag: seconds of the longest statement that waits for no lock.
    """

    rows: dict[tuple[str, int], dict[Field, Written]] = field(default_factory=dict)
    deleted: set[tuple[str, int]] = field(default_factory=set)
    updates: Counter[tuple[str, int]] = field(default_factory=Counter)
    statements: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    longest: tuple[float, str] = (0.0, "")
    lag: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(10_000))

    def note(
        self, key: tuple[str, int], seq: int, values: dict[Field, tuple[int, Side]]
    ) -> None:
        """Take down a write; the one with the highest counter is the last."""
        with self.lock:
            row = self.rows.setdefault(key, {})
            for each, (number, side) in values.items():
                if each not in row or row[each].seq <= seq:
                    row[each] = Written(seq, number, side)

    def took(self, seconds: float, statement: str) -> None:
        """Take down how long a statement took."""
        with self.lock:
            self.longest = max(self.longest, (seconds, statement))

    def forget(self, fields: Sequence[Field]) -> None:
        """Forget the values of columns that were dropped."""
        with self.lock:
            for row in self.rows.values():
                for each in fields:
                    row.pop(each, None)


class Application:
    """One process of a version, with a connection of its own.

    Args:
        version: ``old`` or ``new``.
        connect: opens a connection, whose application_name is the argument.
        tables: all tables.
        ledger: where writes are taken down.
        seed: chooses the statements.
        count: how many rows there are in each table from the beginning.
    """

    def __init__(
        self,
        version: str,
        connect: Any,
        tables: Sequence[Table],
        ledger: Ledger,
        seed: int,
        count: int,
    ) -> None:
        self.version = version
        self.name = f"{version}-{next(ledger.numbers)}"
        self.ledger = ledger
        self._tables = [each for each in tables if each.name(version)]
        self._random = Random(seed)  # noqa: S311  # no secret
        self._count = count
        self._own: dict[str, list[int]] = {each.names[0]: [] for each in tables}
        self._stop = threading.Event()
        self._writes = 0
        self._session: psycopg.Connection[Any] = connect(self.name)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the process."""
        self._stop.set()
        self._thread.join(60)
        if self._thread.is_alive():
            self.ledger.errors.append(f"{self.name} hangs")
        self._session.close()

    def wait_for(self, writes: int) -> None:
        """Return when it has made so many writes more, or cannot go on."""
        goal = self._writes + writes
        deadline = time.monotonic() + 60
        while self._writes < goal and self._thread.is_alive():
            if time.monotonic() > deadline:
                self.ledger.errors.append(f"{self.name} makes no progress")
                return
            self._stop.wait(PAUSE)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._act()
            except psycopg.Error as error:
                if error.sqlstate not in TO_BE_RETRIED:
                    text = f"{self.name} ({self.version}): {error.sqlstate} {error}"
                    self.ledger.errors.append(text)
                    return
            except AssertionError as error:
                self.ledger.errors.append(str(error))
                return
            self._writes += 1
            self._stop.wait(PAUSE)

    def _act(self) -> None:
        if self._random.random() < 0.05:
            began = time.perf_counter()
            self._session.execute("SELECT 1")
            self.ledger.lag = max(self.ledger.lag, time.perf_counter() - began)
        table = self._random.choice(self._tables)
        acts = {
            self._update: 30,
            self._lock: 8,
            self._insert: 20,
            self._upsert: 8,
            self._delete: 4,
            self._read: 15,
        }
        self._random.choices([*acts], [*acts.values()])[0](table)

    # -- statements

    def _ask(self, statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        began = time.perf_counter()
        try:
            found: tuple[Any, ...] | None = self._session.execute(
                statement.encode(), parameters
            ).fetchone()
        finally:
            self.ledger.took(time.perf_counter() - began, statement)
        return found

    def _values(self, table: Table, part: bool) -> dict[Field, tuple[int, Side]]:
        sides = table.sides(self.version)
        if part:
            sides = self._random.sample(sides, self._random.randint(0, len(sides)))
        return {each: (next(self.ledger.numbers), side) for each, side in sides}

    def _update(self, table: Table) -> None:
        own = self._own[table.names[0]]
        shared = self._random.randint(1, self._count)
        id_ = self._random.choice(own) if own and shared % 3 == 0 else shared
        self._update_row(table, id_)

    def _update_row(self, table: Table, id_: int) -> None:
        self._note(table, id_, *self._change(table, id_), is_update=True)

    def _change(self, table: Table, id_: int) -> tuple[int, dict[Field, Any]]:
        values = self._values(table, part=True)
        sets = "".join(f", {side.column} = {side.write}" for _, side in values.values())
        found = self._ask(
            f"UPDATE {table.name(self.version)} SET seq = seq + 1{sets}"
            " WHERE id = %s RETURNING seq",
            [*_raw(values), id_],
        )
        assert found, f"{self.name}: row {id_} of {table.names[0]} is gone"
        return found[0], values

    def _lock(self, table: Table) -> None:
        """Read a row and change it, in a transaction."""
        id_ = self._random.randint(1, self._count)
        columns = "".join(f", {side.column}" for _, side in table.sides(self.version))
        name = table.name(self.version)
        with self._session.transaction():
            self._ask(
                f"SELECT seq{columns} FROM {name} WHERE id = %s FOR UPDATE", [id_]
            )
            changed = self._change(table, id_)
        self._note(table, id_, *changed, is_update=True)

    def _insert(self, table: Table) -> None:
        id_ = next(self.ledger.numbers)
        self._note(table, id_, *self._put(table, id_, ""), is_update=False)
        self._own[table.names[0]].append(id_)

    def _upsert(self, table: Table) -> None:
        """Insert a row that is there: it is updated instead."""
        id_ = self._random.randint(1, self._count)
        sets = "".join(
            f", {side.column} = EXCLUDED.{side.column}"
            for _, side in table.sides(self.version)
        )
        rest = f" ON CONFLICT (id) DO UPDATE SET seq = t.seq + 1{sets}"
        try:
            put = self._put(table, id_, rest)
        except psycopg.Error as error:
            if error.sqlstate not in table.known:
                raise
        else:
            self._note(table, id_, *put, is_update=True)

    def _put(
        self, table: Table, id_: int, rest: str
    ) -> tuple[int, dict[Field, tuple[int, Side]]]:
        values = self._values(table, part=False)
        sides = [side for _, side in values.values()]
        columns = "".join(f", {side.column}" for side in sides)
        marks = "".join(f", {side.write}" for side in sides)
        found = self._ask(
            f"INSERT INTO {table.name(self.version)} AS t (id{columns})"
            f" VALUES (%s{marks}){rest} RETURNING seq",
            [id_, *_raw(values)],
        )
        assert found, f"{self.name}: nothing was inserted"
        return found[0], values

    def _delete(self, table: Table) -> None:
        own = self._own[table.names[0]]
        if not own:
            return
        id_ = own.pop(self._random.randrange(len(own)))
        found = self._ask(
            f"DELETE FROM {table.name(self.version)} WHERE id = %s RETURNING id", [id_]
        )
        assert found, f"{self.name}: row {id_} of {table.names[0]} was lost"
        with self.ledger.lock:
            self.ledger.deleted.add((table.names[0], id_))
            self.ledger.statements[self.name] += 1

    def _read(self, table: Table) -> None:
        """Read a row that only this process writes."""
        own = self._own[table.names[0]]
        sides = table.sides(self.version)
        if not own or not sides:
            return
        id_ = self._random.choice(own)
        columns = ", ".join(side.read.format(side.column) for _, side in sides)
        found = self._ask(
            f"SELECT {columns} FROM {table.name(self.version)} WHERE id = %s", [id_]
        )
        row = self.ledger.rows[table.names[0], id_]
        wanted = [side.raw(row[each].number or 0) for each, side in sides]
        assert found, f"{self.name}: row {id_} of {table.names[0]} was lost"
        message = f"{self.name}: row {id_} holds {found}, written was {wanted}"
        assert list(found) == wanted, message

    def _note(
        self,
        table: Table,
        id_: int,
        seq: int,
        values: dict[Field, tuple[int, Side]],
        *,
        is_update: bool,
    ) -> None:
        key = table.names[0], id_
        self.ledger.note(key, seq, values)
        with self.ledger.lock:
            self.ledger.updates[key] += is_update
            self.ledger.statements[self.name] += 1


def _raw(values: dict[Field, tuple[int, Side]]) -> list[Any]:
    return [side.raw(number) for number, side in values.values()]
