"""What earlier revisions made of a column counts, and not ``existing_type=``."""

from __future__ import annotations

import itertools
from collections import defaultdict
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic_zdt.commands.lint import lint
from alembic_zdt.operations.base import REGISTERED
from tests.checks.suggestions.test_pasted_suggestions import in_phases

TYPES = {
    "sa.Integer()": "sa.BigInteger()",
    "sa.Text()": "sa.String(length=20)",
    "postgresql.ENUM('a', 'b', name='kind', create_type=False)": "sa.Text()",
    "sa.Numeric(precision=9, scale=2)": "sa.Numeric(precision=12, scale=4)",
    "sa.ARRAY(sa.Integer())": "sa.ARRAY(sa.BigInteger())",
}
"""The type that a column has, and one that needs three phases."""

WAYS = (
    'op.create_table("{t}", sa.Column("c", {kind}))',
    (
        'op.create_table("{t}", sa.Column("id", sa.Integer()))\n'
        'op.add_column("{t}", sa.Column("c", {kind}))'
    ),
    (
        'op.create_table("{t}", sa.Column("c", sa.LargeBinary()))\n'
        'op.alter_column("{t}", "c", type_={kind}, postgresql_using="NULL")'
    ),
    (
        'op.create_table("{t}", sa.Column("b", {kind}))\n'
        'op.alter_column("{t}", "b", new_column_name="c")'
    ),
)
SAID = ("", "existing_type={kind}", "existing_type=sa.JSON()", "existing_type={new}")
CHANGES = (
    "type_={new}",
    'type_={new}, nullable=False, comment="n"',
    "nullable=False",
    "server_default=None",
)


NAMES = {"op": SimpleNamespace(**REGISTERED), "sa": sa, "postgresql": postgresql}


def revisions():
    """Yield a table's name, the call that makes it, its type and the change."""
    turns = zip(itertools.cycle(WAYS), itertools.cycle(TYPES.items()), strict=False)
    each = zip(itertools.product(CHANGES, SAID), turns, strict=False)
    for number, ((change, said), (way, (kind, new))) in enumerate(each):
        words = {"t": f"t{number}", "kind": kind, "new": new}
        named = f", {said.format(**words)}" if said else ""
        call = f'op.alter_column("{words["t"]}", "c", {change.format(**words)}{named})'
        yield words["t"], way.format(**words), words["kind"], call


def test_suggestion_names_the_type_that_the_column_has(db, project):
    """Its calls lead where the statement does, and the types back."""
    given = list(revisions())
    project.revision("made", "\n".join(made for _, made, _, _ in given))
    for table, _, _, call in given:
        project.revision(table, call)
    found = defaultdict(list)
    for each in lint(project.config()).findings:
        found[each.revision] += each.suggestion.splitlines()
    assert list(found) == [table for table, *_ in given]
    start, wanted = run(db, project)

    for path in project.scripts()[1:]:
        path.unlink()
    project.last = "made"
    for table, _, kind, _ in given:
        lines = list(dict.fromkeys(found[table]))
        named = [line.partition("existing_type=")[2] for line in lines]
        assert all(text.startswith(kind) for text in named if text), lines
        for number, call in enumerate(in_phases("\n".join(lines))):
            project.revision(f"{table}_{number}", call, back(call))

    assert run(db, project) == (start, wanted)
    project.downgrade("made")
    assert types(db.catalog()) == types(start)


def types(catalog):
    """Return the table, the name and the type of each column."""
    return {row[:3] for row in catalog["columns"]}


def run(db, project):
    """Return the catalog after the first revision, and after all of them."""
    db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
    db.execute("CREATE TYPE kind AS ENUM ('a', 'b')")
    project.upgrade("made", x=["zdt.guard=off"])
    start = db.catalog()
    project.upgrade(x=["zdt.guard=off"])
    return start, db.catalog()


def back(call):
    """Return the downgrade that autogenerate would write for a call."""
    if "alter_column_type" not in call:
        return "pass"
    made = eval(call, NAMES).reverse()  # noqa: S307
    return "\n".join(each.call for each in getattr(made, "ops", [made]))


JUDGED = {
    "text, and called a varchar": ("sa.Text()", "String(9)", "sa.String(20)", True),
    "varchar, and called text": ("sa.String(9)", "Text()", "sa.String(20)", False),
    "what it becomes": ("sa.Integer()", "BigInteger()", "sa.BigInteger()", True),
    "unknown": ("sa.types.NullType()", "String(9)", "sa.Text()", False),
}


@pytest.mark.parametrize("title", JUDGED)
def test_type_of_earlier_revisions_is_judged(project, title):
    made, said, new, is_found = JUDGED[title]
    project.revision("r1", f'op.create_table("t", sa.Column("c", {made}))')
    project.revision(
        "r2", f'op.alter_column("t", "c", existing_type=sa.{said}, type_={new})'
    )

    found = [each.check for each in lint(project.config()).findings]

    assert found == ["alter-column-type"] * is_found


OURS = {
    "a change that is free": 'op.alter_column_safely("t", "c", type_=sa.Text())',
    "a change in phases": 'op.contract_alter_column_type("t", "c", sa.Text())',
    "with a new name": (
        'op.contract_alter_column_type("t", "b", sa.Text(), new_column_name="c")'
    ),
    "a new name": 'op.contract_rename_column("t", "text", "c")',
    "a column in place of one that is dropped": (
        'op.contract_drop_column("t", "c")\n'
        'op.expand_add_column("t", sa.Column("c", sa.Text()))'
    ),
    "a table that is renamed": 'op.contract_rename_table("other", "t")',
    "a table in place of one that is dropped": (
        'op.contract_drop_table("t")\nop.create_table("t", sa.Column("c", sa.Text()))'
    ),
}


@pytest.mark.parametrize("title", OURS)
def test_directives_change_the_type_that_is_known(project, title):
    project.revision(
        "r1",
        'op.create_table("t", *(sa.Column(n, sa.String(9)) for n in "bc"),'
        ' sa.Column("text", sa.Text()))\n'
        'op.create_table("other", sa.Column("c", sa.Text()))',
    )
    project.revision("r2", OURS[title])
    project.revision("r3", 'op.alter_column("t", "c", type_=sa.String(20))')

    found = lint(project.config()).findings

    assert [e.suggestion.count("existing_type=sa.Text()") for e in found] == [3]


@pytest.mark.parametrize("is_nullable", [True, False])
def test_not_null_of_earlier_revisions_is_judged(project, is_nullable):
    """``existing_nullable=`` is as wrong as ``existing_type=`` may be."""
    project.revision(
        "r1",
        'op.create_table("t", *(sa.Column(n, sa.Text(), nullable='
        f"{is_nullable}) for n in 'ab'))",
    )
    for name, nullable in {"a": True, "b": False}.items():
        project.revision(
            f"r_{name}",
            f'op.alter_column("t", "{name}", nullable={nullable},'
            f" existing_nullable={not is_nullable}, existing_type=sa.Text())",
        )

    found = [each.check for each in lint(project.config()).findings]

    assert found == ["set-not-null" if is_nullable else "drop-not-null"]


def test_type_of_a_stubbed_package_is_not_known(project):
    """What the call says counts, as if no revision showed the column."""
    path = project.revision(
        "r1", 'op.create_table("u", sa.Column("a", zdt_types.MyString(10)))'
    )
    project.write(path, "import zdt_types\n" + path.read_text())
    project.revision(
        "r2",
        'op.alter_column("u", "a", type_=sa.String(20), existing_type=sa.String(10))',
    )

    found = lint(project.config(), stubs=["zdt_types"]).findings

    assert [each for each in found if each.check == "alter-column-type"] == []
