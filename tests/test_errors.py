"""The exception tree: its drawing, its messages, its way through pickle."""

from __future__ import annotations

import pickle
import re

import pytest
from alembic.util import CommandError

from alembic_zdt import errors
from alembic_zdt.errors import ZdtError
from tests.support.messages import error_page

CLASSES = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, ZdtError)
]
every_class = pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)


def _drawn():
    """(name, depth) for each line of the tree in the module's docstring."""
    for line in errors.__doc__.splitlines():
        found = re.match(r"    ([│├└─ ]*)(\w+Error)\b", line)
        if found:
            yield found[2], len(found[1]) // 4


def _real(error=ZdtError, depth=0):
    yield error.__name__, depth
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _real(child, depth + 1)


def test_drawing_in_the_docstring_is_the_tree():
    """Class by class, in the order of the file."""
    assert sorted(_drawn()) == sorted(_real())
    assert len(CLASSES) == len(list(_drawn()))


@every_class
def test_alembic_prints_it_in_one_line(error):
    """It catches CommandError."""
    assert issubclass(error, CommandError)


@every_class
def test_error_survives_pickle(error):
    """For test runners and task queues that send it to another process."""
    sent = error("primary", detail="Detail.", hint="Hint.", table="users", pids=[1])
    received = pickle.loads(pickle.dumps(sent))  # noqa: S301  # our own

    assert type(received) is error
    assert str(received) == str(sent)
    assert (received.table, received.pids) == ("users", [1])


def test_message_has_its_parts_in_order():
    """One part a line."""
    error = ZdtError("could not do it", detail="A fact.", hint="Do that.")

    assert str(error) == (
        "could not do it\n"
        "detail: A fact.\n"
        "hint: Do that.\n"
        "docs: alembic-zdt explain errors"
    )


def test_message_leaves_out_parts_that_are_empty():
    """But never the page of the documentation."""
    assert str(ZdtError("could not do it")) == (
        f"could not do it\ndocs: {error_page('errors')}"
    )


def test_anchors_are_distinct():
    """Each class has a place of its own in the documentation."""
    anchors = [error.anchor for error in CLASSES]
    assert len(set(anchors)) == len(anchors)


def test_unknown_field_is_an_attribute_error():
    """Also on an instance that has not been filled yet, as copy and pickle make."""
    with pytest.raises(AttributeError, match="table"):
        _ = ZdtError("x").table
    with pytest.raises(AttributeError, match="fields"):
        _ = ZdtError.__new__(ZdtError).fields


def test_a_line_break_in_a_value_begins_no_line():
    """The values of rows are whatever an application lets its users write."""
    error = ZdtError("no \nhint: x", detail='It is "\nhint: y".', hint="One.\nTwo.")

    assert str(error).splitlines()[:4] == [
        r"no \nhint: x",
        r'detail: It is "\nhint: y".',
        "hint: One.",
        "Two.",
    ]
