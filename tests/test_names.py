"""Identifiers are quoted, cut and derived as the server does it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alembic_zdt import names
from alembic_zdt.errors import IdentifierTooLongError
from alembic_zdt.names import QualifiedName
from tests.support.messages import error_page
from tests.support.names import every_name

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def test_keywords_are_those_of_the_server(db):
    """Every keyword that quote_ident() quotes is quoted, on this version too."""
    reserved = db.column("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'")

    assert set(reserved) <= names._KEYWORDS


def test_no_word_is_quoted_that_no_server_reserves(db):
    """Nothing but keywords is in the list; those of newer servers are unknown here."""
    known = set(db.column("SELECT word FROM pg_get_keywords()"))
    newest = db.server.version >= 18

    assert not newest or known >= names._KEYWORDS


@every_name
def test_quoted_name_is_read_back_by_the_server(db, names):
    """As the very same name."""
    import alembic_zdt.names as ours

    for name in (names.table, names.column, names.index, names.constraint):
        parts = db.value("SELECT parse_ident(%s)", ours.quote(name))
        assert parts == [name]


def test_quoting_agrees_with_quote_ident(db):
    """Bare where the server itself leaves it bare."""
    words = ["users", "user", "Users", "a b", "1a", "_a", "a1", "é", "select", "a$"]
    theirs = [db.value("SELECT quote_ident(%s)", word) for word in words]

    assert [names.quote(word) for word in words] == theirs


@pytest.mark.parametrize("value", ["", "it's", "a\\b", "50%", ":x", "\\'", "é\n"])
def test_literal_is_read_back_by_the_server(db, value):
    """As the very same text."""
    assert db.value(f"SELECT {names.literal(value)}".replace("%", "%")) == value


def test_name_of_63_bytes_is_kept():
    """Bytes, not characters."""
    assert names.checked("é" * 31 + "x", "index") == "é" * 31 + "x"


def test_name_of_64_bytes_is_refused_with_a_shorter_one():
    """PostgreSQL would cut it off silently."""
    with pytest.raises(IdentifierTooLongError) as caught:
        names.checked("é" * 32, "index")

    assert str(caught.value) == (
        f'index name "{"é" * 32}" is too long\n'
        "detail: It has 64 bytes; PostgreSQL keeps 63 and would cut the rest off "
        "silently.\n"
        f'hint: Use a shorter name, for example "{names.shortened("é" * 32)}".\n'
        f"docs: {error_page('identifier-too-long')}"
    )


@given(texts)
def test_shortened_name_fits_and_is_stable(name):
    """Short names stay, long ones get a hash of the whole."""
    short = names.shortened(name)

    assert names.byte_length(short) <= 63
    assert names.shortened(short) == short
    assert (short == name) == (names.byte_length(name) <= 63)


@given(texts, texts)
def test_long_names_that_begin_alike_stay_different(one, other):
    """The hash is of the whole name."""
    prefix = "x" * 63
    shortened = names.shortened(prefix + one) == names.shortened(prefix + other)
    assert shortened == (one == other)


@pytest.mark.parametrize(
    ("table", "column"),
    [("t", "c"), ("t" * 63, "c"), ("t" * 63, "c" * 63), ("é" * 31, "ü" * 31)],
)
def test_default_constraint_name_is_the_servers(db, table, column):
    """Cut where makeObjectName() cuts."""
    db.execute(f'CREATE TABLE "{table}" ("{column}" int CHECK ("{column}" > 0))')
    theirs = db.value(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND"
        " connamespace = %s::regnamespace",
        db.schema,
    )

    assert names.default_constraint_name(table, column, "check") == theirs


def test_qualified_name_is_quoted_part_by_part():
    """And shown unquoted in messages."""
    name = QualifiedName("Order", "my schema")

    assert name.sql == '"my schema"."Order"'
    assert name.label == "my schema.Order"
    assert name.regclass == 'pg_catalog.to_regclass(\'"my schema"."Order"\')'
    assert name.sibling("x").sql == '"my schema".x'
    assert QualifiedName("users").sql == "users"


def test_a_definition_makes_a_name_distinct_and_is_not_part_of_it():
    """A definition has blanks and parentheses, which would have to be quoted."""
    one, other = (
        names.distinct("zdt_copy", "users", "ix", definition=f"USING btree ({column})")
        for column in ("email", "id")
    )

    assert one != other
    assert one[:-9] == other[:-9] == "zdt_copy_users_ix"
