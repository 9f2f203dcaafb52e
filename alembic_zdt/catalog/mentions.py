"""Which functions and triggers name a column in their text.

What PostgreSQL keeps parsed follows a rename by itself: views, rules, policies,
generated columns, indexes, bodies between BEGIN ATOMIC and END.  The other bodies are
kept as text, and fail at their next call.  A text is no proof: a variable may have the
name of the column, and a name may be put together when the function runs.
https://www.postgresql.org/docs/current/catalog-pg-proc.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import lookup, partition
from alembic_zdt.catalog.database import Database
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.server_facts import Question
from alembic_zdt.sql_tokens import tokens

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
_NO_WORD = "[^[:alnum:]_$]"
_STRING = re.compile(r"(?s)[eE]?'(?P<quoted>.*)'|\$\w*\$(?P<dollar>.*)\$")
_OURS = "^zdt_(sync|up|down)_"


@dataclass(frozen=True)
class Mention:
    """A place where a text names the column.

    Attributes:
        name: of the function or the trigger, without its schema.
        signature: as messages name it.
        line: of the text, from 1; 0 for an argument of a trigger.
        text: that line.
    """

    name: str
    signature: str
    line: int
    text: str

    def __str__(self) -> str:
        """For messages."""
        where = f", line {self.line}" if self.line else ""
        return f"{self.signature}{where}: {self.text}"


@dataclass(frozen=True)
class Mentions(Question[tuple[Mention, ...]]):
    """Which functions and triggers name the column?"""

    table: QualifiedName
    column: str


@lookup.answer.register
def _(question: Mentions, database: Database) -> tuple[Mention, ...]:
    found = database.rows(_functions(question.table, question.column))
    by_name = [mention for row in found for mention in _in_body(question, *row)]
    arguments = database.rows(_trigger_arguments(question.table, question.column))
    return (
        *by_name,
        *(Mention(name, words, 0, text) for name, words, text in arguments),
    )


def suspects(table: QualifiedName, column: str, ignored: Sequence[str] = ()) -> str:
    """Build the query for (words): functions and triggers that may name the column.

    A script has no other means; comments are left out, strings are not.

    Args:
        table: the table.
        column: its column.
        ignored: names that do not count.
    """
    names = ", ".join(literal(name) for name in ignored)
    return (
        "SELECT words FROM (SELECT name, words FROM"
        f" ({_functions(table, column)}) f UNION ALL SELECT name, words FROM"
        f" ({_trigger_arguments(table, column)}) t) s"
        f" WHERE s.name <> ALL (ARRAY[{names}]::text[])"
    )


def _functions(table: QualifiedName, column: str) -> str:
    """Build the query for (name, words, body, is it known to be of the table)."""
    text = (
        "pg_catalog.regexp_replace(p.prosrc, '--[^' || pg_catalog.chr(10)"
        " || ']*|/[*].*?[*]/', ' ', 'g')"
    )
    is_its_trigger = (
        "EXISTS (SELECT FROM pg_catalog.pg_trigger t JOIN tree ON tree.oid = t.tgrelid"
        " WHERE t.tgfoid = p.oid)"
    )
    takes_its_row = (
        "EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
        " WHERE c.reltype = p.prorettype"
        " OR c.reltype = ANY (coalesce(p.proallargtypes, p.proargtypes::oid[])))"
    )
    is_of_it = f"({is_its_trigger} OR {takes_its_row})"
    return (
        f"{partition.tree(table)} SELECT p.proname::text AS name,"
        " pg_catalog.format('%s %s', CASE WHEN p.prokind::text = 'p' THEN 'procedure'"
        " ELSE 'function' END, p.oid::pg_catalog.regprocedure) AS words,"
        f" p.prosrc::text AS body, {is_of_it} AS is_of_it"
        " FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        " JOIN pg_catalog.pg_language l ON l.oid = p.prolang"
        " WHERE l.lanname <> ALL (ARRAY['c', 'internal'])"
        " AND n.nspname <> ALL (ARRAY['pg_catalog', 'information_schema'])"
        f" AND p.proname !~ '{_OURS}'"
        f" AND {_names(text, column)} AND ({is_of_it} OR {_names(text, table.name)})"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
        " WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass"
        " AND d.objid = p.oid AND d.deptype = 'e')"
        " ORDER BY 2"
    )


def _names(text: str, name: str) -> str:
    """Return the condition that a text has the name, a plain one as a word."""
    if not _PLAIN.match(name):
        return f"pg_catalog.strpos({text}, {literal(name)}) > 0"
    pattern = f"(^|{_NO_WORD}){name}($|{_NO_WORD})"
    return f"{text} ~* {literal(pattern)}"


def _trigger_arguments(table: QualifiedName, column: str) -> str:
    """Build the query for (name, words, text) of triggers that are given the name."""
    arguments = (
        "pg_catalog.string_to_array(pg_catalog.encode(t.tgargs, 'escape'),"
        " pg_catalog.chr(92) || '000')"
    )
    return (
        f"{partition.tree(table)} SELECT t.tgname::text AS name,"
        " pg_catalog.format('trigger %I of %s', t.tgname,"
        " t.tgrelid::pg_catalog.regclass) AS words,"
        " pg_catalog.pg_get_triggerdef(t.oid) AS text FROM pg_catalog.pg_trigger t"
        " JOIN tree ON tree.oid = t.tgrelid WHERE NOT t.tgisinternal"
        f" AND t.tgparentid = 0 AND {literal(column)} = ANY ({arguments}) ORDER BY 2"
    )


def _in_body(
    question: Mentions, name: str, words: str, body: str, is_of_it: bool
) -> Iterator[Mention]:
    """Yield one for each line that has the name as an identifier."""
    places = list(_places(body))
    if not is_of_it and all(word != question.table.name for word, _ in places):
        return
    lines = body.split("\n")
    numbers = sorted({line for word, line in places if word == question.column})
    for number in numbers:
        yield Mention(name, words, number, lines[number - 1].strip())


def _places(text: str, line: int = 1) -> Iterator[tuple[str, int]]:
    """Yield each identifier with its line, those in strings too."""
    for token in tokens(text):
        line += token.space.count("\n")
        if token.kind == "word":
            is_quoted = token.text.startswith('"')
            word = token.text[1:-1].replace('""', '"') if is_quoted else token.word
            yield word, line
        elif token.kind in ("literal", "dollar"):
            found = _STRING.match(token.text)
            inner = (found["quoted"] or found["dollar"] or "") if found else ""
            yield from _places(inner.replace("''", "'"), line)
        line += token.text.count("\n")
