"""Checks of the server's version and system.

https://www.postgresql.org/support/versioning/
https://www.postgresql.org/docs/release/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.server_facts import OLDEST_SUPPORTED

_NEWEST_MINOR = {14: 23, 15: 20, 16: 15, 17: 12, 18: 6}
"""The newest minor releases that were known on the day of the list."""

_LISTED = date(2026, 11, 29)
_LASTS = timedelta(days=100)
"""Minor releases come every three months, so an older list is incomplete."""

_LAST_DAY = {
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}

_LOST_UPDATES = (
    "may lose an in-place change of its catalog, for example that a table has an index "
    "now: a GRANT during CREATE INDEX can leave the index without later rows"
)
_DETACHED = (
    "leaves a detached partition without the triggers of its foreign keys to a "
    "partitioned table"
)
_KNOWN_BUGS = (
    (140000, 140004, "corrupts indexes that are built with CONCURRENTLY"),
    *(
        (major * 10000, major * 10000 + minor, words)
        for major, minor in ((14, 14), (15, 9), (16, 5), (17, 1))
        for words in (_LOST_UPDATES, _DETACHED)
    ),
)
"""First version with the bug, first version without it, and what the bug does."""

_OTHERS = {
    "CockroachDB": "CockroachDB has other locks and no triggers of PL/pgSQL, so "
    "the directives cannot keep their guarantees there: use Alembic's own "
    "directives.",
    "-YB-": "YugabyteDB locks tables in another way than PostgreSQL, and changes "
    "schemas in its own way: use Alembic's own directives there.",
    "Redshift": "Use Alembic's own directives there.",
    "Greenplum": "Use Alembic's own directives there.",
}
"""Marks in ``version()`` of systems that only look like PostgreSQL, with hints."""

_EXTENSIONS = {
    "citus": "Distributed tables have no triggers of users, so expand_* directives "
    "fail on them; use Citus' own way to change those tables.",
    "timescaledb": "A hypertable refuses CREATE INDEX CONCURRENTLY: create its "
    "indexes WITH (timescaledb.transaction_per_chunk) instead.",
}


def version(subject: Subject) -> Iterator[Finding]:
    """Report a version that is old, has known bugs, or gets no more fixes."""
    number = int(subject.database.value("SHOW server_version_num"))
    today = datetime.now(UTC).date()
    yield from about_version(number, today)


def about_version(number: int, today: date) -> Iterator[Finding]:
    """Report the faults of a version.

    Args:
        number: the version of the server, as ``server_version_num``.
        today: the date.
    """
    major, minor = divmod(number, 10000)
    name = f"PostgreSQL {major}.{minor}"
    if number < OLDEST_SUPPORTED:
        yield Finding.error(
            f"the server is PostgreSQL {major}; alembic_zdt needs 14 or newer",
            "Upgrade the server, or use Alembic's own directives.",
        )
        return
    for first, fixed, words in _KNOWN_BUGS:
        if first <= number < fixed:
            fix = f"Upgrade to {fixed // 10000}.{fixed % 10000} or later of {major}, "
            yield Finding.error(f"{name} {words}", f"{fix}which needs no dump.")
    newest, last_day = _NEWEST_MINOR.get(major, 0), _LAST_DAY.get(major, date.min)
    if minor < newest:
        yield Finding.note(
            f"{name} is not the newest {major}: there is {major}.{newest}",
            "Upgrade; minor releases need no dump.",
        )
    elif minor == newest and today > _LISTED + _LASTS and today <= last_day:
        yield Finding.note(
            f"{name} was the newest {major} on {_LISTED:%Y-%m-%d}; whether there is a "
            "newer one is not known",
            "Look at https://www.postgresql.org/support/versioning/, or upgrade "
            "alembic_zdt.",
        )
    if major in _LAST_DAY and today > _LAST_DAY[major]:
        yield Finding.note(
            f"{name} has had no fixes since {_LAST_DAY[major]:%Y-%m-%d}",
            "Upgrade to a newer major version.",
        )


def system(subject: Subject) -> Iterator[Finding]:
    """Report another system, or an extension that was not tested."""
    yield from about_system(str(subject.database.value("SELECT pg_catalog.version()")))
    names = ", ".join(f"'{name}'" for name in _EXTENSIONS)
    there = subject.database.rows(
        f"SELECT extname::text FROM pg_catalog.pg_extension WHERE extname IN ({names})"
        " ORDER BY 1"
    )
    for (name,) in there:
        words = f"the extension {name} is installed, with which nothing was tested"
        yield Finding.warning(words, _EXTENSIONS[name])


def about_system(said: str) -> Iterator[Finding]:
    """Report a system other than PostgreSQL by the result of ``version()``."""
    for mark, hint in _OTHERS.items():
        if mark in said:
            yield Finding.error(f"the server is not PostgreSQL: {said}", hint)


def read_only(subject: Subject) -> Iterator[Finding]:
    """Report a standby, or a session that may not write."""
    database = subject.database
    if database.holds("pg_catalog.pg_is_in_recovery()"):
        yield Finding.error(
            "the URL points to a standby, which is read-only",
            "Connect to the primary: target_session_attrs=read-write with several "
            "hosts in the URL, or the address of the writer.",
        )
    elif database.value("SHOW transaction_read_only") == "on":
        yield Finding.error(
            "transactions are read-only for this role, or in this database",
            "ALTER ROLE ... SET default_transaction_read_only = off, or connect as "
            "another role.",
        )
