"""The revisions, the rows and the traffic of a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic_zdt.facts.exported import ExportedDatabase
from alembic_zdt.rehearsal.called_statements import CalledStatement
from alembic_zdt.tracing.traffic import Sender


@dataclass(frozen=True)
class RehearsalPlan:
    """The revisions of a rehearsal, with its rows and its traffic.

    Attributes:
        revisions: the revisions, in the order in which they run.
        rows: the number of rows by the name of a table.
        traffic: work of the application.
        rate: how often each statement is sent in a second.
        seed: statements that fill tables before the rows are made.
        roundtrip: whether the revisions are reverted afterwards.
        is_auto: whether statements are made from the tables, too.
        called: statements of another database that are sent, too.
        compared: whether they also run with the stock forms of their directives.
        like: the facts of a database whose rows are imitated, None without facts.
        most_rows: the largest number of rows that a table gets because of the facts.
    """

    revisions: Sequence[Any]
    rows: Mapping[str, int]
    traffic: Sequence[Sender] = ()
    rate: float = 20.0
    seed: Sequence[str] = ()
    roundtrip: bool = False
    is_auto: bool = True
    called: Sequence[CalledStatement] = ()
    compared: bool = False
    like: ExportedDatabase | None = None
    most_rows: int = 0
