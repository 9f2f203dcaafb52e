"""Versions with known bugs, systems that only look like PostgreSQL, vacuum."""

from __future__ import annotations

from datetime import date

import pytest

from alembic_zdt.doctor.server import about_system, about_version

BEFORE = date(2026, 6, 1)
AFTER = date(2026, 12, 1)


def said(found):
    return [(each.severity.value, each.message) for each in found]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (130020, ["PostgreSQL 13; alembic_zdt needs 14 or newer"]),
        (140003, ["corrupts indexes", "lose an in-place", "detached partition"]),
        (140004, ["lose an in-place", "detached partition"]),
        (140014, []),
        (150008, ["lose an in-place", "detached partition"]),
        (150009, []),
        (160004, ["lose an in-place", "detached partition"]),
        (160005, []),
        (170000, ["lose an in-place", "detached partition"]),
        (170001, []),
        (180000, []),
        (190000, []),
    ],
)
def test_known_bugs(number, expected):
    found = [
        words for kind, words in said(about_version(number, BEFORE)) if kind == "error"
    ]

    assert len(found) == len(expected)
    for words, part in zip(found, expected, strict=True):
        assert part in words


def test_hint_names_the_release_that_mended_it():
    first = next(iter(about_version(140003, BEFORE)))

    assert "Upgrade to 14.4 or later of 14" in first.suggestion


def test_version_without_fixes():
    """14 got its last ones on 2026-11-12."""
    assert said(about_version(140023, BEFORE)) == []
    assert said(about_version(140023, AFTER)) == [
        ("note", "PostgreSQL 14.23 has had no fixes since 2026-11-12")
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 3, 9), []),
        (date(2027, 3, 10), ["was the newest 18 on 2026-11-29; whether there is a"]),
        (date(2031, 1, 1), ["has had no fixes since 2030-11-14"]),
    ],
)
def test_list_of_minor_releases_is_said_to_be_old(day, expected):
    found = said(about_version(180006, day))

    assert len(found) == len(expected)
    for (kind, words), part in zip(found, expected, strict=True):
        assert kind == "note"
        assert part in words


def test_major_version_that_is_newer_than_the_list():
    assert not said(about_version(190000, date(2027, 6, 1)))


def test_older_minor_release():
    ((kind, words),) = said(about_version(170005, BEFORE))

    assert kind == "note"
    assert "PostgreSQL 17.5 is not the newest 17" in words


@pytest.mark.parametrize(
    ("version", "is_other"),
    [
        ("CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu)", True),
        ("PostgreSQL 11.2-YB-2.20.0.0-b0 on x86_64-pc-linux-gnu", True),
        ("PostgreSQL 8.0.2 on i686-pc-linux-gnu, Redshift 1.0.12103", True),
        ("PostgreSQL 16.4 (Debian 16.4-1) on x86_64-pc-linux-gnu", False),
    ],
)
def test_other_systems(version, is_other):
    found = said(about_system(version))

    assert [kind for kind, _ in found] == (["error"] if is_other else [])


@pytest.mark.parametrize("name", ["citus", "timescaledb"])
def test_extensions_that_change_what_a_table_is(db, project, diagnosed, name):
    """Neither can be installed here, so only its row of the catalog is there."""
    with db.session() as session:
        session.execute("SET allow_system_table_mods = on")
        session.execute(
            "INSERT INTO pg_extension (oid, extname, extowner, extnamespace,"
            " extrelocatable, extversion) VALUES (99999, %s, 10, 2200, true, '1')",
            name,
        )
        try:
            ((severity, words),) = diagnosed("other-system")
        finally:
            session.execute("DELETE FROM pg_extension WHERE oid = 99999")

    assert severity == "warning"
    assert f"the extension {name} is installed" in words


def test_read_only_role(db, project, driver, diagnosed):
    """Or database, or a standby."""
    db.execute(f'ALTER DATABASE "{db.database}" SET default_transaction_read_only = on')
    try:
        ((severity, words),) = diagnosed("read-only")
    finally:
        with db.session() as session:
            session.execute("SET default_transaction_read_only = off")
            session.execute(
                f'ALTER DATABASE "{db.database}" RESET default_transaction_read_only'
            )

    assert severity == "error"
    assert "transactions are read-only" in words


def test_table_without_autovacuum(db, project, diagnosed):
    db.execute('CREATE TABLE "Big" (id int) WITH (autovacuum_enabled = false)')

    ((severity, words),) = diagnosed("autovacuum")

    assert severity == "warning"
    assert f'autovacuum is off for {db.schema}."Big"' in words
    (statement,) = [line for line in words.splitlines() if line.startswith("ALTER")]
    db.execute(statement)
    assert diagnosed("autovacuum") == []


def test_no_wraparound_is_near(project, diagnosed):
    """The lowest limit that a server takes needs 100,000 transactions."""
    assert diagnosed("wraparound") == []
