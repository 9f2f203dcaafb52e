"""Draw two models of one application: the tables of today, and those of tomorrow.

What no revision changes is drawn once for both (``World``); ``check`` tells of it.
Left out, because stock Alembic or PostgreSQL does not make it from models:

* comments on constraints: ``metadata.create_all()`` does not write them;
* a sequence that goes, a length or a precision that goes: ``check`` says so;
* a key of an identity column or of a serial that becomes another one;
* bounds that the last number of a sequence is outside of: the file says it;
* a time of day that gets a time zone, which needs a function: the file says it;
* a predicate with a list of numbers, which PostgreSQL spells by the column's type;
* a condition on a number or a time whose type changes: PostgreSQL keeps the casts of
  the old type in it, or refuses the new type, as the file says;
* a sequence of one schema that is the default of a column in another one: Alembic looks
  for it in the schema of the table, and stops with the error of PostgreSQL;
* a CHECK that has no name any more: it keeps the old one;
* two columns of a table whose names begin alike for 40 bytes: PostgreSQL numbers the
  names of their constraints in the order of their creation;
* the expression of a VIRTUAL column, which PostgreSQL refuses beside a CHECK;
* a value that goes from an enum type which several columns have: no directive does;
* a CHECK or a predicate that compares a column with a value of an enum type from which
  another value goes: PostgreSQL refuses the new type, and ``remove_enum_value()`` says
  so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.support.db import Db

LONG = "customer subscription billing: notification preference_settings"
ODD = 'odd: "100%" \\ it\'s (a)'
TEXT = 'it\'s 100% :x \\ "y" {z}'
NUMBERS = ("sa.Integer", "sa.BigInteger", "sa.Numeric(12, 2)")
TEXTS = ("sa.Text", "sa.String(20)", "sa.String(50)")
FAMILIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "count": (NUMBERS, ("'7'", "sa.text('1 + 1')", "numbers.next_value()")),
    "Total": (NUMBERS, ("'0'",)),
    "name": (TEXTS, ("sa.text(\"lower('Y')\")",)),
    # A default that is cast to text is the same default for every type of texts.
    "order": (TEXTS[1:], ("'it'", '"100% :x \\\\ y"')),
    ODD: (TEXTS, ()),
    LONG: (("sa.Integer", "sa.SmallInteger"), ("'3'",)),
    "since": (
        ("sa.DateTime", "sa.Date", "sa.DateTime(timezone=True)"),
        ("sa.text('now()')", "sa.func.current_timestamp()"),
    ),
    "on": (
        ("sa.Boolean", "sa.Boolean(create_constraint=True, name='ck_on')"),
        ("sa.true()",),
    ),
    "mood": (("MOOD",), ("'sad'", "sa.text(\"'so, so'\")")),
    "moods": (("postgresql.ARRAY(MOOD)", "sa.ARRAY(MOOD)"), ("'{sad}'",)),
    "tags": (("sa.ARRAY(sa.Text)", "sa.ARRAY(sa.String(9))"), ("'{}'",)),
    "data": (("postgresql.JSONB",), ("'{}'", "sa.text(\"'[1]'::jsonb\")")),
    "json": (("sa.JSON",), ("'{\"a\": 1}'",)),
    "token": (("sa.Uuid",), ("sa.text('gen_random_uuid()')",)),
    "raw": (("sa.LargeBinary",), ("'abc'",)),
    "lasts": (
        ("sa.Interval(second_precision=0)", "sa.Interval(second_precision=3)"),
        ("'1 day'",),
    ),
    "at": (("sa.Time",), ("'10:00'",)),
    "ip": (("postgresql.INET", "postgresql.CIDR"), ("'10.0.0.0/8'",)),
    "ratio": (("sa.Float", "sa.Double", "sa.REAL"), ("'0.5'",)),
    "sort": (("sa.String(20, collation='C')",), ("'x'",)),
    "age": (("AGE",), ("'5'",)),
}
CONDITIONS = {
    "": ("id > 0", "id <> 5 or id > 7"),
    "count": ("count > 0 and count <> 7", "count < 9 or id > 5"),
    "order": ("\"order\" <> 'a:b'", "\"order\" in ('%', 'it''s')"),
    "name": ("name like 'a%'", "length(name) < 9"),
    "mood": ("mood <> 'sad'", "mood in ('sad', 'so, so')"),
    "moods": ("'sad' <> all (moods)", "moods[1] = 'sad'"),
    "tags": ("cardinality(tags) < 9",),
    "on": ('"on" is not null', 'not "on"'),
    "since": ("since > '2020-01-01'",),
    "data": ("data ->> 'a' <> 'b'",),
}
RESPELLED = ("count", "since")
NOT_COMPARABLE = {"json"}
NO_ORDER = {"data", "tags", "moods"}
TEXTUAL = {"name", "order", ODD}
LABELS = ("new", "it's", "old")


@dataclass(frozen=True)
class Place:
    """What both models have in common of one table.

    Attributes:
        name: its name.
        schema: the variable of its schema, or ``None``.
        fixed: the parts that no revision writes for a table that exists.
        words: options of the table.
        has_keys_named: whether its foreign keys have names.
        computed: the kind of its generated column.
        has_checks_named: whether all of its CHECKs have names.
        types: the types of columns that conditions mention.
    """

    name: str
    schema: str | None
    fixed: tuple[str, ...]
    words: str
    has_keys_named: bool
    computed: str
    has_checks_named: bool
    types: dict[str, str]

    @property
    def key(self) -> str:
        """What a foreign key names it by."""
        return f"{{PLACE}}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class World:
    """What both models have in common.

    Attributes:
        head: their first lines.
        has_sequence: whether the models before, and those after, have a sequence.
        places: their tables.
    """

    head: tuple[str, ...]
    has_sequence: tuple[bool, bool]
    places: tuple[Place, ...]


CONVENTION = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
EXCLUDE = (
    'sa.Column("span", postgresql.INT4RANGE)',
    'postgresql.ExcludeConstraint(("span", "&&"), name={!r}, using="gist"{})',
)
HEAD = """\
MOOD = sa.Enum("sad", "so, so", "it's", name="Mood")
AGE = postgresql.DOMAIN("Age", sa.Integer, check="VALUE > 0")
sa.Table("fixed", metadata, sa.Column("mood", MOOD), sa.Column("age", AGE), {})"""


def head(db: Db, place: str | None) -> str:
    """Return what models read of the server: its version, and the second schema."""
    version = int(db.value("SHOW server_version_num")) // 10000
    return (
        f"PLACE = {place!r}\nHAS_NULLS = {version >= 15}\n"
        f"HAS_VIRTUAL = {version >= 18}\nTHREE = {3 if version >= 17 else 2}\n"
    )


@st.composite
def places(draw: Any, name: str, schema: str | None, *, has_names: bool) -> Place:
    """Draw what stays of a table."""
    fixed = [
        draw(
            st.sampled_from(
                (
                    'sa.Column("id", sa.Integer, primary_key=True)',
                    'sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)',
                )
            )
        )
    ]
    if draw(st.integers(0, 3)) == 0:
        rest = draw(
            st.sampled_from(
                (
                    "",
                    ", where=sa.text('id > 0')",
                    ", deferrable=True, initially='DEFERRED'",
                )
            )
        )
        fixed += [EXCLUDE[0], EXCLUDE[1].format(f"no_{name}"[:63], rest)]
    words = draw(st.sampled_from(("", 'postgresql_with={"fillfactor": 70}')))
    computed = draw(st.sampled_from(("STORED", "STORED", "VIRTUAL")))
    named = draw(st.booleans())
    types = {
        each: draw(st.sampled_from(FAMILIES[each][0]))
        for each in RESPELLED
        if draw(st.booleans())
    }
    return Place(name, schema, tuple(fixed), words, named, computed, has_names, types)


@st.composite
def worlds(draw: Any, *, several: bool) -> World:
    """Draw what both models have in common."""
    convention = draw(st.sampled_from(("", f"naming_convention={CONVENTION!r}")))
    head = [f"metadata = sa.MetaData({convention})", HEAD.format("")]
    if several:
        head.append(HEAD.format("schema=PLACE").partition("\n")[2].partition("\n")[2])
    chosen = [("users", None), ("Orders", None), ("line items", None), (LONG, None)]
    if several:
        chosen[2] = ("line items", "PLACE")
        chosen.append(("users", "PLACE"))
    has_sequence = draw(st.sampled_from(((False, False), (False, True), (True, True))))
    return World(
        tuple(head),
        has_sequence,
        tuple(draw(places(*each, has_names=bool(convention))) for each in chosen),
    )


@st.composite
def columns(
    draw: Any, name: str, fixed_types: dict[str, str], *, has_sequence: bool
) -> str:
    """Draw a column of one of the families."""
    types, defaults = FAMILIES[name]
    parts = [repr(name), fixed_types.get(name) or draw(st.sampled_from(types))]
    known = [each for each in defaults if has_sequence or "numbers" not in each]
    default = draw(st.sampled_from((None, None, *known)))
    if default:
        parts.append(f"server_default={default}")
    words = {"nullable": draw(st.booleans())}
    if name not in NOT_COMPARABLE:
        words |= {word: draw(st.integers(0, 3)) == 0 for word in ("index", "unique")}
    words["comment"] = draw(st.sampled_from((None, None, TEXT)))
    parts += [f"{word}={value!r}" for word, value in words.items()]
    return f"sa.Column({', '.join(parts)})"


@st.composite
def identities(draw: Any) -> str:
    """Draw an identity column, or what becomes one."""
    type_ = draw(st.sampled_from(("sa.Integer", "sa.BigInteger")))
    if draw(st.integers(0, 3)) == 0:
        return f"sa.Column('No', {type_}, nullable=False)"
    words = {"always": draw(st.booleans())}
    for word, values in {
        "start": (7, 20),
        "increment": (2, 5),
        "minvalue": (0, -5),
        "maxvalue": (900, 1000),
        "cycle": (True,),
        "cache": (5,),
    }.items():
        value = draw(st.sampled_from((None, None, *values)))
        if value is not None:
            words[word] = value
    if "minvalue" in words:
        words.setdefault("start", 7)  # the first number would be the lowest one
    given = ", ".join(f"{word}={value!r}" for word, value in words.items())
    return f"sa.Column('No', {type_}, sa.Identity({given}), nullable=False)"


@st.composite
def computed(draw: Any, kind: str) -> str:
    """Draw a generated column; before PostgreSQL 17 its expression stays."""
    factor = "2" if kind == "VIRTUAL" else draw(st.sampled_from(("2", "THREE")))
    words = f"persisted={kind == 'STORED'} or not HAS_VIRTUAL"
    index = "" if kind == "VIRTUAL" else f", index={draw(st.booleans())}"
    return (
        f"sa.Column('twice', sa.Integer, sa.Computed(f'id * {{{factor}}}', {words})"
        f"{index})"
    )


@st.composite
def keys(
    draw: Any, place: Place, others: list[tuple[Place, bool]], own: int
) -> list[str]:
    """Draw foreign keys, also to tables further down."""
    found = []
    numbers = st.integers(0, len(others) - 1)
    for number in draw(st.lists(numbers, unique=True, max_size=2)):
        other, has_code = others[number]
        target = "code" if has_code and draw(st.booleans()) else "id"
        column = f"of {other.name}{'_2' if other.schema else ''}_{target}"[:50]
        words = draw(actions())
        if number > own:
            words["use_alter"] = True
        if place.has_keys_named or number > own:
            words["name"] = f"fk_{place.name[:20]}_{column}"[:63]
        given = ", ".join(f"{w}={v!r}" for w, v in words.items() if v is not None)
        found += draw(key_of(column, f"f'{other.key}.{target}'", given))
    return found


@st.composite
def actions(draw: Any) -> dict[str, Any]:
    """Draw the options of a foreign key."""
    words: dict[str, Any] = {
        "ondelete": draw(st.sampled_from((None, "CASCADE", "SET NULL"))),
        "onupdate": draw(st.sampled_from((None, None, "CASCADE"))),
        "deferrable": draw(st.sampled_from((None, None, True))),
        "match": draw(st.sampled_from((None, None, None, "FULL"))),
    }
    if words["deferrable"]:
        words["initially"] = draw(st.sampled_from((None, "DEFERRED", "IMMEDIATE")))
    return words


@st.composite
def key_of(draw: Any, column: str, target: str, given: str) -> list[str]:
    """Draw a column with a foreign key, or both apart."""
    if draw(st.booleans()):
        rest = f"nullable={draw(st.booleans())}, index={draw(st.booleans())}"
        key = f"sa.ForeignKey({target}, {given})"
        return [f"sa.Column({column!r}, sa.Integer, {key}, {rest})"]
    return [
        f"sa.Column({column!r}, sa.Integer)",
        f"sa.ForeignKeyConstraint([{column!r}], [{target}], {given})",
    ]


ORDERS = (".desc()", ".desc().nulls_last()", ".asc().nulls_first()")
LOWER = ("sa.text('lower(name)')", "sa.func.lower(sa.column('name'))")


@st.composite
def indexes(draw: Any, present: list[str], mentioned: list[str], name: str) -> str:
    """Draw an index with some of its options."""
    chosen = draw(some_of(present))
    items, words = draw(shapes(chosen, has_name="name" in present))
    using = words.get("postgresql_using")
    if using is None and draw(st.integers(0, 3)) == 0:
        words["postgresql_include"] = "['id']"
        items = [each for each in items if each != "'id'"] or ["sa.text('(id + 1)')"]
    if using != "'gin'" and draw(st.integers(0, 3)) == 0:
        words["postgresql_with"] = repr({"fillfactor": draw(st.sampled_from((50, 70)))})
    if draw(st.integers(0, 2)) == 0:
        words["postgresql_where"] = f"sa.text({draw(conditions(mentioned))!r})"
    given = ", ".join(f"{w}={v}" for w, v in words.items())
    return f"sa.Index({name!r}, {', '.join(items)}, {given})"


@st.composite
def shapes(
    draw: Any, chosen: list[str], *, has_name: bool
) -> tuple[list[str], dict[str, str]]:
    """Draw what an index has besides names of columns."""
    first, *rest = chosen
    others = [repr(each) for each in rest]
    plain = [repr(first), *others]
    nulls = f"HAS_NULLS and {draw(st.booleans())} or None"
    known = {
        "plain": (plain, {}),
        "unique": (plain, {"unique": "True", "postgresql_nulls_not_distinct": nulls}),
        "order": (
            [f"sa.column({first!r}){draw(st.sampled_from(ORDERS))}", *others],
            {},
        ),
    }
    if first in TEXTUAL:
        ops = repr({first: "text_pattern_ops"})
        known["ops"] = (plain, {"postgresql_ops": ops})
    using = "gin" if first in NO_ORDER else "hash"
    known["using"] = (plain[:1], {"postgresql_using": repr(using)})
    if has_name:
        known["expression"] = ([draw(st.sampled_from(LOWER)), *others], {})
    return known[draw(st.sampled_from(sorted(known)))]


@st.composite
def some_of(draw: Any, present: list[str]) -> list[str]:
    """Draw one or two columns that an index may have."""
    usable = [each for each in present if each not in NOT_COMPARABLE]
    few = st.lists(st.sampled_from(usable), min_size=1, max_size=2, unique=True)
    return list(draw(few))


@st.composite
def conditions(draw: Any, present: list[str]) -> str:
    """Draw a condition on some of the columns."""
    known = [text for name in ("", *present) for text in CONDITIONS.get(name, ())]
    return draw(st.sampled_from(known))


@st.composite
def uniques(draw: Any, present: list[str], name: str) -> str:
    """Draw a unique constraint; to Alembic the order of its columns is nothing."""
    two = st.lists(st.sampled_from(present), min_size=2, max_size=2, unique=True)
    chosen = draw(two)
    words = {"name": repr(name)}
    if draw(st.integers(0, 2)) == 0:
        words["deferrable"] = "True"
        words["initially"] = draw(st.sampled_from(("None", "'DEFERRED'")))
    if draw(st.integers(0, 3)) == 0:
        words["postgresql_include"] = "['id']"
    nulls = f"HAS_NULLS and {draw(st.booleans())} or None"
    words["postgresql_nulls_not_distinct"] = nulls
    given = ", ".join(f"{w}={v}" for w, v in words.items())
    return f"sa.UniqueConstraint(*{sorted(chosen)!r}, {given})"


@st.composite
def tables(
    draw: Any,
    place: Place,
    others: list[tuple[Place, bool]],
    own: int,
    *,
    has_sequence: bool,
) -> str:
    """Draw a table."""
    present = sorted(draw(st.sets(st.sampled_from(sorted(FAMILIES)), max_size=6)))
    parts = list(place.fixed)
    has_sequence = has_sequence and place.schema is None
    parts += [
        draw(columns(each, place.types, has_sequence=has_sequence)) for each in present
    ]
    if others[own][1]:
        parts.append("sa.Column('code', sa.Integer, unique=True)")
    parts += draw(special(place))
    parts += draw(keys(place, others, own))
    parts += draw(constraints(["id", *present], place))
    words = [f"comment={draw(st.sampled_from((None, TEXT)))!r}", place.words]
    if place.schema:
        words.append(f"schema={place.schema}")
    given = ", ".join((*parts, *filter(None, words)))
    return f"sa.Table({place.name!r}, metadata, {given})"


@st.composite
def special(draw: Any, place: Place) -> list[str]:
    """Draw columns of which there is one kind."""
    found = []
    if draw(st.integers(0, 2)) == 0:
        found.append(draw(identities()))
    if draw(st.integers(0, 2)) == 0:
        found.append(draw(computed(place.computed)))
    if draw(st.integers(0, 3)) == 0:
        labels = sorted(draw(st.sets(st.sampled_from("SML"), min_size=1)))
        found.append(
            f"sa.Column('size', sa.Enum(*{labels!r}, native_enum=False, length=9,"
            f" create_constraint=True, name='size_{place.name[:20]}'))"
        )
    return found


@st.composite
def constraints(draw: Any, present: list[str], place: Place) -> list[str]:
    """Draw indexes and constraints of these columns."""
    short = f"{place.name[:40]}{'_2' if place.schema else ''}"
    numbers = st.lists(st.integers(0, 2), unique=True, max_size=2)
    free = set(RESPELLED).difference(place.types)
    mentioned = [name for name in present if name not in free]
    found = [
        draw(indexes(present, mentioned, f"ix_{short}_{n}")) for n in draw(numbers)
    ]
    # Of two keys of one column CREATE TABLE makes one, with either name.
    others = [name for name in present if name not in {"id", *NOT_COMPARABLE}]
    if draw(st.booleans()) and len(others) > 1:
        found.append(draw(uniques(others, f"uq_{short}_{draw(st.integers(0, 1))}")))
    for number in draw(st.lists(st.integers(0, 3), unique=True, max_size=2)):
        condition, label = draw(conditions(mentioned)), f", name='ck_{short}_{number}'"
        if not number and not place.has_checks_named:
            condition, label = f"({condition}) is not false", ""
        found.append(f"sa.CheckConstraint({condition!r}{label})")
    return found


@st.composite
def enum_tables(draw: Any) -> str:
    """Draw the table of an enum type whose values come and go."""
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, unique=True))
    own = sorted(labels, key=LABELS.index)
    one = st.sampled_from(own)
    words = [f"server_default={draw(one)!r}"] if draw(st.booleans()) else []
    words.append(f"nullable={draw(st.booleans())}")
    kind = f"sa.Enum(*{own!r}, name='kind')"
    parts = [f"sa.Column('kind', {kind}, {', '.join(words)})"]
    given = ", ".join(('sa.Column("id", sa.Integer, primary_key=True)', *parts))
    return f"sa.Table('kinds', metadata, {given})"


@st.composite
def models(draw: Any, world: World, *, has_sequence: bool) -> str:
    """Draw the models of one day."""
    lines = list(world.head)
    lines.append(draw(enum_tables()))
    if has_sequence:
        words = draw(
            st.sampled_from(("", "start=5", "increment=2, cycle=True", "cache=7"))
        )
        lines.append(f"numbers = sa.Sequence('Numbers', metadata=metadata, {words})")
    present = [
        (place, draw(st.booleans()))
        for place in world.places
        if draw(st.integers(0, 3))
    ]
    for number, (place, _) in enumerate(present):
        lines.append(draw(tables(place, present, number, has_sequence=has_sequence)))
    return "\n".join(lines)


@st.composite
def pairs(draw: Any, *, several: bool) -> tuple[str, str]:
    """Draw the models of two days."""
    world = draw(worlds(several=several))
    before, after = (
        draw(models(world, has_sequence=each)) for each in world.has_sequence
    )
    return before, after
