"""The default of a column for its new type, and the names of types."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine

from alembic_zdt.connection.database import Database
from alembic_zdt.twin.default import Default
from alembic_zdt.twin.equality import is_known, pinned

DEFAULTS = [
    ("5", "integer", "bigint", "", "5"),
    ("5", "integer", "bigint", "a * 10", "'50'::bigint"),
    ("NULL", "integer", "bigint", "a", "NULL::bigint"),
    ("'7'::text", "text", "integer", "", "'7'::integer"),
    ("'x'::text", "text", "varchar(3)", "a || a", "'xx'::varchar(3)"),
    ("now()", "timestamptz", "date", "", "now()"),
    ("now()", "timestamptz", "date", "a + '1 day'", "now()"),
]


def test_a_default_becomes_what_a_value_would(db):
    """As ``ALTER COLUMN TYPE`` has it, or what ``using`` makes of a constant."""
    engine = create_engine(db.url(), poolclass=NullPool)
    with engine.connect() as connection:
        database = Database(connection)
        for written, old, new, using, wanted in DEFAULTS:
            default = Default(database, written, "a", old, new)

            assert default.converted(using) == wanted, (written, using)
            assert database.value("SELECT to_regclass('pg_temp.zdt_default')") is None


@pytest.mark.parametrize(
    ("type_", "known", "whole"),
    [
        ("integer", True, "integer"),
        ("varchar(10)", True, "varchar(10)"),
        ("timestamp with time zone", True, "timestamp with time zone"),
        ("text", True, "pg_catalog.text"),
        ("text[]", True, "pg_catalog.text[]"),
        ("citext", False, None),
        ("mood", False, None),
        ("pg_catalog.int4", False, "pg_catalog.int4"),
    ],
)
def test_names_of_types(type_, known, whole):
    assert is_known(type_) is known
    if whole:
        assert pinned(type_) == whole
