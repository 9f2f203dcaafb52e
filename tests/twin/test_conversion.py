"""Which functions a conversion between two types creates, calls and keeps."""

from __future__ import annotations

import itertools

import pytest

from alembic_zdt.names import QualifiedName
from alembic_zdt.twin.conversion import Retyped, Side


def side(column, type_, *, is_builtin, expression):
    return Side(
        column=column,
        type=type_,
        byte_exact=True,
        expression=expression and f"f({column})",
        function=QualifiedName(f"{column}_function"),
        cast=QualifiedName(f"{column}_cast"),
        is_builtin=is_builtin,
    )


@pytest.mark.parametrize(
    ("is_builtin", "other_is_builtin", "up", "down"),
    [*itertools.product((True, False), (True, False), ("", "up"), ("", "down"))],
)
def test_what_is_called_is_created_and_kept(is_builtin, other_is_builtin, up, down):
    """A cast between types of PostgreSQL's own needs no function."""
    old = side("a", "integer", is_builtin=is_builtin, expression=up)
    new = side("b", "text", is_builtin=other_is_builtin, expression=down)
    conversion = Retyped(old, new)
    all_builtin = is_builtin and other_is_builtin
    wanted = ["a_function" if up else "" if all_builtin else "a_cast"]
    wanted += ["b_function" if down else "" if all_builtin else "b_cast"]

    created = [text for text in conversion.create() if text.startswith("CREATE")]

    assert [text.split()[2].partition("(")[0] for text in created] == [
        name for name in wanted if name
    ]
    kept = conversion.converts_by(("up", "down"))
    assert [name.name for name, _ in kept] == [name for name in wanted if name]
    assert conversion.assigned_up("v") == (
        f"{wanted[0]}(v)" if wanted[0] else "CAST(v AS text)"
    )
    assert conversion.assigned_down("v") == (
        f"{wanted[1]}(v)" if wanted[1] else "CAST(v AS integer)"
    )
    assert conversion.calls_functions is any(wanted)
    volatile = ["STABLE" if name.endswith("_cast") else "IMMUTABLE" for name in wanted]
    for text, word in zip(
        created, [v for v, n in zip(volatile, wanted, strict=True) if n], strict=True
    ):
        assert f" LANGUAGE sql {word} " in text
