"""The two columns of a change of the type.

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
    """Yield the original and the twin, as conversions need them.

    Args:
        window: the window, which names the functions.
        columns: the columns' names.
        types: the columns' types as they are written in a cast.
        copies: the columns in the catalog, None if the server was not asked.
        expressions: each converts to the other type, empty for a cast.
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
