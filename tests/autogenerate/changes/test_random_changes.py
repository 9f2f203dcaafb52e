"""Whatever changes: the phases lead to the tables of the models, and back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.support.choice import FULL
from tests.support.round_trip import round_trip

NUMBERS = ("sa.Integer", "sa.BigInteger", "sa.Numeric(12, 2)")
TEXTS = ("sa.Text", "sa.String(20)", "sa.String(50)")
FAMILIES = {
    "count": (NUMBERS, ("'7'", "sa.text('1 + 1')")),
    "Total": (NUMBERS, ("'0'",)),
    "name": (TEXTS, ("sa.text(\"lower('Y')\")",)),
    # A default that is cast to text is the same default for every type of texts.
    "order": (TEXTS[1:], ("'it'",)),
    "since": (("sa.DateTime", "sa.Date"), ("sa.text('now()')",)),
}
CONDITIONS = ("id > 0", "count > 0 and count <> 7", "count in (1, 2) or id > 5")
LABELS = ("new", "it's", "old")
TABLES = ("users", "Orders", "line items")


@st.composite
def columns(draw, name):
    types, defaults = FAMILIES[name]
    parts = [repr(name), draw(st.sampled_from(types))]
    default = draw(st.sampled_from((None, None, *defaults)))
    if default:
        parts.append(f"server_default={default}")
    nullable = draw(st.booleans())
    words = {"nullable": nullable, "index": draw(st.booleans())}
    words["unique"] = draw(st.booleans())
    words["comment"] = draw(st.sampled_from((None, "it's")))
    parts += [f"{word}={value!r}" for word, value in words.items()]
    return f"sa.Column({', '.join(parts)})"


@st.composite
def tables(draw, name, others):
    parts = ['sa.Column("id", sa.Integer, primary_key=True)']
    present = [c for c in FAMILIES if draw(st.booleans())]
    parts += [draw(columns(column)) for column in present]
    for other in draw(st.lists(st.sampled_from(others), unique=True, max_size=2)):
        action = draw(st.sampled_from((None, "CASCADE")))
        key = f"sa.ForeignKey('{other}.id', ondelete={action!r})"
        nullable = draw(st.booleans())
        parts.append(f"sa.Column('{other}_id', sa.Integer, {key}, nullable={nullable})")
    if len(present) > 1 and draw(st.booleans()):
        pair = draw(st.permutations(present))[:2]
        kind = draw(st.sampled_from(("sa.UniqueConstraint", "sa.Index")))
        # To Alembic, two orders of its columns are the same constraint.
        named = f"*{sorted(pair)!r}, name='both_{name}'"
        if kind == "sa.Index":
            named = f"'both_{name}', *{pair!r}, unique={draw(st.booleans())}"
        parts.append(f"{kind}({named})")
    for number in draw(st.lists(st.integers(0, 2), unique=True, max_size=2)):
        condition = draw(st.sampled_from(CONDITIONS[: 1 + 2 * ("count" in present)]))
        parts.append(f"sa.CheckConstraint({condition!r}, name='ck_{name}_{number}')")
    comment = draw(st.sampled_from((None, "things")))
    return f"sa.Table({name!r}, metadata, {', '.join(parts)}, comment={comment!r})"


@st.composite
def models(draw):
    present = [name for name in TABLES if draw(st.integers(0, 3))]
    lines = ["metadata = sa.MetaData()"]
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, unique=True))
    kind = ", ".join(repr(label) for label in sorted(labels, key=LABELS.index))
    kind = f"sa.Enum({kind}, name='kind')"
    lines.append(f"sa.Table('kinds', metadata, sa.Column('kind', {kind}))")
    # Only to tables above: stock autogenerate cannot make two that need each other.
    for number, name in enumerate(present):
        lines.append(draw(tables(name, present[: number + 1])))
    return "\n".join(lines)


@pytest.mark.slow
@settings(
    max_examples=60 if FULL else 6,
    derandomize=not FULL,  # new ones are looked for where somebody reads the result
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=models(), after=models())
def test_random_changes_lead_to_the_models_and_back(db, project, before, after):
    note(f"{before}\n->\n{after}")

    for text in round_trip(db, project, before, after):
        note(text)
