"""Find the functions and triggers that name a table or a column in their text.

Objects that PostgreSQL stores in parsed form follow a rename, or prevent a drop: views,
rules, policies, generated columns, indexes, bodies between BEGIN ATOMIC and END.  Other
bodies are stored as text, and fail at their next call.  A text proves nothing: a
variable may have the name of the column, and a name may be put together when the
function runs.  A name without a schema gets its meaning then, too.  Only a function
with its own ``search_path`` shows which table it means.
https://www.postgresql.org/docs/current/catalog-pg-proc.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.catalog import lookup, partition
from alembic_zdt.connection.database import Database
from alembic_zdt.names import QualifiedName, literal, unquoted
from alembic_zdt.server_facts import Question
from alembic_zdt.sql_tokens import Token, tokens

_IS_PLAIN = re.compile(r"\A[a-z_][a-z0-9_]*\Z")
_NO_WORD = "[^[:alnum:]_$]"
_STRING = re.compile(r"(?s)[eE]?'(?P<quoted>.*)'|\$\w*\$(?P<dollar>.*)\$")
_OURS = "^zdt_(sync|up|down)_"
_SEARCH_PATH = "search_path="
# A word behind one of these is a column, a variable or an alias.
_OTHERWISE = frozenset(
    """
    and as between by case distinct else having is like not or return returning select
    set then when where
    """.split()  # noqa: SIM905  # one word a line would fill the file
)
_BEFORE_TABLE = frozenset(
    """
    copy exists from into join lock on only references table truncate update using
    """.split()  # noqa: SIM905  # one word a line would fill the file
)

# Of the function ``p``: its body without comments, its name for messages, whether it is
# neither builtin nor of this package, and whether no extension has made it.
_TEXT = (
    "pg_catalog.regexp_replace(p.prosrc, '--[^' || pg_catalog.chr(10)"
    " || ']*|/[*].*?[*]/', ' ', 'g')"
)
_WORDS = (
    "pg_catalog.format('%s %s', CASE WHEN p.prokind::text = 'p' THEN 'procedure'"
    " ELSE 'function' END, p.oid::pg_catalog.regprocedure)"
)
_IS_WRITTEN = (
    "l.lanname <> ALL (ARRAY['c', 'internal'])"
    " AND n.nspname <> ALL (ARRAY['pg_catalog', 'information_schema'])"
    " AND n.nspname !~ '^pg_temp_'"  # gone with its session, as the script's own are
    f" AND p.proname !~ '{_OURS}'"
)
_IS_OF_NO_EXTENSION = (
    "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
    " WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass"
    " AND d.objid = p.oid AND d.deptype = 'e')"
)
# Of the trigger ``t``: its arguments as an array, and whether it is of the table.
_ARGUMENTS = (
    "pg_catalog.string_to_array(pg_catalog.encode(t.tgargs, 'escape'),"
    " pg_catalog.chr(92) || '000')"
)
_IS_ON_TABLE = "t.tgrelid IN (SELECT tree.oid FROM tree)"


@dataclass(frozen=True)
class Mention:
    """A place where a text names the table or the column.

    Attributes:
        name: the name of the function or the trigger, without its schema.
        signature: the name and the argument types, for messages.
        line: the line of the text, from 1; 0 for an argument of a trigger.
        text: the text of that line.
    """

    name: str
    signature: str
    line: int
    text: str

    def __str__(self) -> str:
        """Return the mention as text for messages."""
        where = f", line {self.line}" if self.line else ""
        return f"{self.signature}{where}: {self.text}"


@dataclass(frozen=True)
class Mentions(Question[tuple[Mention, ...]]):
    """Which functions and triggers use the name in their text?

    Attributes:
        table: the table, or a view with its old name.
        column: its column, empty for the table itself.
        goes: whether the table is dropped with its triggers, so that these do not
            count.
    """

    table: QualifiedName
    column: str = ""
    goes: bool = False

    @property
    def name(self) -> str:
        """Return the name that the texts are searched for."""
        return self.column or self.table.name

    def suspects(self, ignored: Sequence[str] = ()) -> str:
        """Build the query that describes functions and triggers that may use the name.

        A script searches with this query, which leaves out comments, but not strings.

        Args:
            ignored: names that do not count.
        """
        names = ", ".join(literal(name) for name in ignored)
        return (
            "SELECT words FROM (SELECT name, words FROM"
            f" ({_functions(self)}) f WHERE is_of_it OR {_may_name(self.table)}"
            f" UNION ALL SELECT name, words FROM ({_triggers(self)}) t) s"
            f" WHERE s.name <> ALL (ARRAY[{names}]::text[])"
        )


@lookup.answer.register
def _(question: Mentions, database: Database) -> tuple[Mention, ...]:
    found = database.rows(_functions(question))
    arguments = database.rows(_triggers(question))
    return (
        *(mention for row in found for mention in _in_body(question, *row)),
        *(Mention(name, words, 0, text) for name, words, text in arguments),
    )


def _is_named(name: str) -> str:
    """Return SQL that is true if the body of a function contains the name."""
    if not _IS_PLAIN.match(name):
        return f"pg_catalog.strpos({_TEXT}, {literal(name)}) > 0"
    pattern = f"(^|{_NO_WORD}){name}($|{_NO_WORD})"
    return f"{_TEXT} ~* {literal(pattern)}"


def _may_name(table: QualifiedName) -> str:
    """Return SQL that is true if a row of :func:`_functions` may name the table."""
    plain = "pg_catalog.replace(pg_catalog.lower(body), '\"', '')"
    dotted = f"pg_catalog.lower(schema_name || {literal('.' + table.name)})"
    bare = "is_bare"
    if _IS_PLAIN.match(table.name):
        alone = f'(^|[^[:alnum:]_$."])"?{table.name}($|[^[:alnum:]_$])'
        bare += f" AND body ~* {literal(alone)}"
    return f"{bare} OR pg_catalog.strpos({plain}, {dotted}) > 0"


def _schema(table: QualifiedName) -> str:
    """Return SQL for the name of the schema, NULL when there is no such table."""
    return (
        "(SELECT z.nspname FROM pg_catalog.pg_class y JOIN pg_catalog.pg_namespace z"
        f" ON z.oid = y.relnamespace WHERE y.oid = {table.regclass})"
    )


def _has_one(table: QualifiedName, schema: str) -> str:
    """Return SQL that is true if a schema, by its oid, has a relation of that name."""
    return (
        "EXISTS (SELECT FROM pg_catalog.pg_class x WHERE x.relnamespace ="
        f" {schema} AND x.relname = {literal(table.name)})"
    )


def _functions(sought: Mentions) -> str:
    """Build the query for the functions to search, with their properties.

    ``is_bare``: the table's name without a schema may mean the table.
    ``is_of_it``: the function need not name the table, because it gets a row of it.
    """
    schema = _schema(sought.table)
    is_of_it = _is_of_it() if sought.column else "false"
    concerned = (
        f"({is_of_it} OR {_is_named(sought.table.name)})"
        if sought.column
        else _stays(sought)
    )
    path = f"pg_catalog.starts_with(s, {literal(_SEARCH_PATH)})"
    return (
        f"{partition.tree(sought.table)} SELECT p.proname::text AS name,"
        f" {_WORDS} AS words, p.prosrc::text AS body, {schema}::text AS schema_name,"
        f" {_is_bare(sought.table)} AS is_bare, {is_of_it} AS is_of_it"
        " FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        " JOIN pg_catalog.pg_language l ON l.oid = p.prolang"
        " LEFT JOIN LATERAL (SELECT s AS path FROM pg_catalog.unnest(p.proconfig) s"
        f" WHERE {path}) o ON true"
        f" WHERE {_IS_WRITTEN} AND {schema} IS NOT NULL"
        f" AND {_is_named(sought.name)} AND {concerned}"
        f" AND {_IS_OF_NO_EXTENSION} ORDER BY 2"
    )


def _is_of_it() -> str:
    """Return SQL that is true if a function is for triggers or rows of the table."""
    return (
        "(EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid"
        f" AND {_IS_ON_TABLE})"
        " OR EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
        " WHERE c.reltype = p.prorettype"
        " OR c.reltype = ANY (coalesce(p.proallargtypes, p.proargtypes::oid[]))))"
    )


def _stays(sought: Mentions) -> str:
    """Return SQL that is true if a function is not for triggers of the table alone."""
    if not sought.goes:
        return "true"
    trigger = "SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid"
    return f"(NOT EXISTS ({trigger}) OR EXISTS ({trigger} AND NOT {_IS_ON_TABLE}))"


def _is_bare(table: QualifiedName) -> str:
    """Return SQL that is true if the name without a schema may mean the table."""
    schema = _schema(table)
    first = (
        "(SELECT m.nspname FROM pg_catalog.unnest(pg_catalog.string_to_array("
        f"pg_catalog.substr(o.path, {len(_SEARCH_PATH) + 1}), ','))"
        " WITH ORDINALITY e (part, place) JOIN pg_catalog.pg_namespace m"
        " ON m.nspname = pg_catalog.btrim(e.part, ' \"')"
        f" WHERE {_has_one(table, 'm.oid')} ORDER BY e.place LIMIT 1)"
    )
    # A tenant's function means the tenant's table.
    is_elsewhere = (
        f"(n.nspname <> {schema}"
        " AND n.nspname <> ALL (pg_catalog.current_schemas(false))"
        f" AND {_has_one(table, 'n.oid')})"
    )
    return (
        f"CASE WHEN o.path IS NULL THEN NOT {is_elsewhere}"
        f" ELSE coalesce({first} = {schema}, false) END"
    )


def _triggers(sought: Mentions) -> str:
    """Build the query for the triggers whose arguments contain the name."""
    given = _names_table(sought)
    if sought.column:
        given = f"{_IS_ON_TABLE} AND {literal(sought.column)} = ANY ({_ARGUMENTS})"
    return (
        f"{partition.tree(sought.table)} SELECT t.tgname::text AS name,"
        " pg_catalog.format('trigger %I of %s', t.tgname,"
        " t.tgrelid::pg_catalog.regclass) AS words,"
        " pg_catalog.pg_get_triggerdef(t.oid) AS text FROM pg_catalog.pg_trigger t"
        " JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
        f" WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {given} ORDER BY 2"
    )


def _names_table(sought: Mentions) -> str:
    """Return SQL that is true if the arguments of a trigger name the table."""
    table, schema = sought.table, _schema(sought.table)
    bare = (
        f"({literal(table.name)} = ANY ({_ARGUMENTS}) AND (c.relnamespace ="
        " (SELECT y.relnamespace FROM pg_catalog.pg_class y"
        f" WHERE y.oid = {table.regclass})"
        f" OR NOT {_has_one(table, 'c.relnamespace')}))"
    )
    dotted = f"{schema} || '.' || {literal(table.name)} = ANY ({_ARGUMENTS})"
    stays = f" AND NOT {_IS_ON_TABLE}" if sought.goes else ""
    return (
        "p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace"
        f"{stays} AND ({bare} OR {dotted})"
    )


@dataclass(frozen=True)
class _Place:
    """A name in a text, with the name before its dot, if any, and its line."""

    owner: str
    word: str
    line: int
    may_be_table: bool


def _in_body(
    sought: Mentions,
    name: str,
    words: str,
    body: str,
    schema: str,
    is_bare: bool,
    is_of_it: bool,
) -> Iterator[Mention]:
    """Yield a mention for each line that has the name as an identifier."""
    places, owners = list(_places(body)), {schema, ""} if is_bare else {schema}
    tables = [
        place
        for place in places
        if place.word == sought.table.name and place.owner in owners
    ]
    found = [place for place in tables if place.may_be_table]
    if sought.column:
        is_meant = is_of_it or tables
        found = [place for place in places if is_meant and place.word == sought.column]
    lines = body.split("\n")
    for number in sorted({place.line for place in found}):
        yield Mention(name, words, number, lines[number - 1].strip())


def _places(text: str, line: int = 1, *, is_string: bool = False) -> Iterator[_Place]:
    """Yield each name in a text, including the names in its strings.

    Args:
        text: the text of a function, or of a string in it.
        line: the line on which the text begins.
        is_string: whether the text is the content of a string. There only the first
            name, and a name after a word such as FROM, may mean a table.
    """
    owner, before = "", Token("start", "")
    for token in tokens(text):
        line += token.space.count("\n")
        if token.kind == "word":
            word = unquoted(token.text) if '"' in token.text else token.word
            if before.text != ".":
                owner = ""
            may_be_table = bool(owner) or _may_be_table(before, is_string=is_string)
            yield _Place(owner, word, line, may_be_table)
            owner = word
        elif token.kind in ("literal", "dollar"):
            yield from _places(_inner(token), line, is_string=True)
        line += token.text.count("\n")
        before = token


def _may_be_table(before: Token, *, is_string: bool) -> bool:
    """Check whether a name may be one of a table, by the token before it."""
    if is_string:
        return before.kind == "start" or before.word in _BEFORE_TABLE
    return before.kind != "operator" and before.word not in _OTHERWISE


def _inner(token: Token) -> str:
    """Return the text in a string."""
    found = _STRING.match(token.text)
    text = (found["quoted"] or found["dollar"] or "") if found else ""
    return text.replace("''", "'")
