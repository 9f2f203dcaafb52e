"""Directives as stock operations: the same end, without the safe way to it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.operations import Operations

from alembic_zdt.directives import DIRECTIVES
from alembic_zdt.rehearsal import stock_forms
from tests.operations.cases import CASES

AS_THEY_ARE = {
    "add_enum_value",
    "remove_enum_value",
    *(f"{phase}_rename_enum_value" for phase in ("expand", "migrate", "contract")),
}
# A stock DROP COLUMN fails; the others end with an expand, which has no stock form.
OTHER_ENDS = {
    "drop-column-that-a-view-shows",
    "rename-column-expand",
    "rename-column-by-view-expand",
    "rename-table-expand",
    "rename-table-contract-taken-back",
}


def is_stock(case):
    names = (f"op.{name}(" for name in AS_THEY_ARE)
    return case.id not in OTHER_ENDS and not any(each in case.upgrade for each in names)


STOCK = [case for case in CASES if is_stock(case)]
SAFE_WAYS = ("CONCURRENTLY", "NOT VALID", "lock_timeout")


def sent_by(project):
    """Upgrade with the stock forms, and return the statements that are sent."""
    sent = []

    def note(_connection, _cursor, text, *_):
        sent.append(text)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        with stock_forms.stock_forms():
            project.upgrade()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    return sent


def test_each_directive_has_a_form_or_is_named_here():
    assert {*stock_forms._FORMS} | AS_THEY_ARE == {*DIRECTIVES}


@pytest.mark.parametrize("case", [pytest.param(each, id=each.id) for each in STOCK])
def test_form_ends_where_the_directive_ends(db, project, case):
    for statement in case.setup:
        db.execute(statement)
    project.settings(guard="off")
    project.revision("r1", case.upgrade, case.downgrade)
    sent = sent_by(project)

    assert db.value(f"SELECT {case.holds}") is True
    changes = [each for each in sent if not each.lstrip().startswith("SELECT")]
    assert not [each for each in changes if any(way in each for way in SAFE_WAYS)]


@pytest.mark.parametrize("package", ["alembic", "alembic_zdt"])
def test_both_imports_of_op_run_the_form(db, project, package):
    """Also with an option that asks for a concurrent build."""
    db.execute("CREATE TABLE users (id int, email text)")
    call = 'op.create_index_concurrently("ix", "users", ["email"]{})'
    project.settings(guard="off")
    project.revision("r1", call.format(", postgresql_concurrently=True"), op=package)
    sent = sent_by(project)

    assert [each for each in sent if "CREATE INDEX" in each] == [
        "CREATE INDEX ix ON users (email)"
    ]


def test_directives_are_themselves_again():
    before = {name: getattr(Operations, name) for name in stock_forms._FORMS}

    with pytest.raises(KeyError), stock_forms.stock_forms():
        raise KeyError

    assert {name: getattr(Operations, name) for name in before} == before
