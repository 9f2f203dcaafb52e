"""Whatever changes: the phases lead where stock autogenerate leads, and back."""

from __future__ import annotations

import runpy
import warnings

import pytest
import sqlalchemy as sa
from alembic.operations import ops
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from alembic_zdt import rewriter
from tests.support.choice import FULL

NUMBERS = ("sa.Integer", "sa.BigInteger", "sa.Numeric(12, 2)")
TEXTS = ("sa.Text", "sa.String(20)", "sa.String(50)")
FAMILIES = {
    "count": (NUMBERS, ("'7'", "sa.text('1 + 1')")),
    "Total": (NUMBERS, ("'0'",)),
    "name": (TEXTS, ("'x'", "sa.text(\"lower('Y')\")")),
    "order": (TEXTS, ("'it'",)),
    "since": (("sa.DateTime", "sa.Date"), ("sa.text('now()')",)),
}
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
        named = f"*{pair!r}, name='both_{name}'"
        if kind == "sa.Index":
            named = f"'both_{name}', *{pair!r}, unique={draw(st.booleans())}"
        parts.append(f"{kind}({named})")
    comment = draw(st.sampled_from((None, "things")))
    return f"sa.Table({name!r}, metadata, {', '.join(parts)}, comment={comment!r})"


@st.composite
def models(draw):
    present = [name for name in TABLES if draw(st.integers(0, 3))]
    lines = ["metadata = sa.MetaData()"]
    # Only to tables above: stock autogenerate cannot make two that need each other.
    for number, name in enumerate(present):
        lines.append(draw(tables(name, present[: number + 1])))
    return "\n".join(lines)


def begin(db, project, source):
    """Nothing but the tables of these models."""
    db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
    for script in project.scripts():
        script.unlink()
    project.models(source)
    metadata = runpy.run_path(str(project.folder / "models.py"))["metadata"]
    engine = sa.create_engine(db.url())
    metadata.create_all(engine)
    engine.dispose()


def drops_at_last(_context, _revision, directives):
    """Stock autogenerate drops tables in any order, and before what refers to them."""
    found = directives[0].upgrade_ops.ops
    gone = [op for op in found if isinstance(op, ops.DropTableOp)]
    gone.sort(key=lambda op: TABLES.index(op.table_name), reverse=True)
    found[:] = [op for op in found if op not in gone] + gone


def change(project, source, hook):
    """Write what autogenerate finds, and run it."""
    project.models(source)
    with warnings.catch_warnings():
        # Stock autogenerate cannot go back from a constraint without a name.
        warnings.filterwarnings("ignore", "Autogenerate rendered a drop_constraint")
        project.run(
            "revision", "change", autogenerate=True, process_revision_directives=hook
        )
    project.upgrade()


@pytest.mark.slow
@settings(
    max_examples=60 if FULL else 6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=models(), after=models())
def test_random_changes_lead_where_stock_leads(db, project, before, after):
    if "compare_server_default" not in project.env.read_text():
        project.configure(compare_server_default=True)
    note(f"{before}\n->\n{after}")
    begin(db, project, before)
    start = db.catalog()
    change(project, after, drops_at_last)
    wanted = db.catalog()

    begin(db, project, before)
    change(project, after, rewriter)
    for script in project.scripts():
        note(script.read_text())

    assert db.catalog() == wanted
    project.run("check")
    project.downgrade()
    assert db.catalog() == start
