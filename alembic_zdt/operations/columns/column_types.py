"""Types as a caller gives them, and as they are written in SQL.

https://www.postgresql.org/docs/current/datatype.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import CompileError
from sqlalchemy.types import TypeEngine, to_instance

from alembic_zdt.errors import UsageError
from alembic_zdt.operations.calls.sql_text import DIALECT

_COLLATE = re.compile(
    r'(?<!\s)\s++COLLATE\s++("(?:[^"]|"")*+"\.)?("(?:[^"]|"")*+"|\S++)\Z', re.IGNORECASE
)


@dataclass(frozen=True)
class SqlType:
    """A column type as it is written in SQL.

    Attributes:
        sql: the type in the declaration of a column, with its collation.
        cast: the type in a cast, which takes no collation.
    """

    sql: str
    cast: str

    @classmethod
    def of(
        cls, given: TypeEngine[Any] | type[TypeEngine[Any]], argument: str
    ) -> SqlType:
        """Compile a type of SQLAlchemy to SQL.

        Raises:
            UsageError: it is not a type, or PostgreSQL does not have it.
        """
        try:
            sql = to_instance(given).compile(dialect=DIALECT)
        except (CompileError, AttributeError) as error:
            raise UsageError(
                f"{argument}={given!r} is not a type that a column can have",
                detail=f"SQLAlchemy reported: {error}.",
                hint=f"Write {argument}=sa.BigInteger(), for example.",
            ) from error
        return cls(sql, without_collation(sql))


def without_collation(type_: str) -> str:
    """Remove the collation at the end of a type that is written as SQL."""
    return _COLLATE.sub("", type_)


def spelled_kind(kind: Any) -> str:
    """Return a type as SQL, even if it is given as a class."""
    made: TypeEngine[Any] = to_instance(kind)
    return spelled(made)


def spelled(type_: TypeEngine[Any]) -> str:
    """Return a type in capital letters, to compare types of any origin."""
    try:
        return type_.compile(dialect=DIALECT).upper()
    except CompileError:  # PostgreSQL does not have it
        return repr(type_)
