"""The two columns of a change of the type, made of what is known of them.

https://www.postgresql.org/docs/current/datatype.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.catalog.column_copy import ColumnCopy
from alembic_zdt.twin.conversion import Side
from alembic_zdt.twin.equality import is_builtin, is_byte_exact, is_known, pinned
from alembic_zdt.twin.window import Window


def sides(
    window: Window,
    columns: tuple[str, str],
    types: tuple[str, str],
    copies: tuple[ColumnCopy | None, ColumnCopy | None],
    expressions: tuple[str, str],
) -> Iterator[Side]:
    """Yield the original and the twin.

    Args:
        window: names their functions.
        columns: their names.
        types: as they are written in a cast.
        copies: what they are like, None if the server was not asked.
        expressions: make the value of the other, empty for a cast.
    """
    functions = zip(window.conversions, window.casts, strict=True)
    given = zip(columns, types, copies, expressions, functions, strict=True)
    for column, type_, copy, expression, (function, cast) in given:
        is_ours = is_builtin(copy) if copy else is_known(type_)
        yield Side(
            column,
            pinned(type_) if is_ours else type_,
            copy is not None and is_byte_exact(copy),
            expression,
            function,
            cast,
            is_ours,
            copy.type.partition(" COLLATE ")[2] if copy else "",
        )
