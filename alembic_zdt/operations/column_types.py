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
from alembic_zdt.operations.index_ddl import DIALECT

_COLLATE = re.compile(
    r'\s+COLLATE\s+("(?:[^"]|"")*"\.)?("(?:[^"]|"")*"|\S+)\Z', re.IGNORECASE
)


@dataclass(frozen=True)
class SqlType:
    """A type.

    Attributes:
        sql: as a column of it is declared, with its collation.
        cast: as it is written in a cast, where there is no collation.
    """

    sql: str
    cast: str

    @classmethod
    def of(
        cls, given: TypeEngine[Any] | type[TypeEngine[Any]], argument: str
    ) -> SqlType:
        """What SQLAlchemy makes of a type.

        Raises:
            UsageError: it is no type, or none that PostgreSQL has.
        """
        try:
            sql = to_instance(given).compile(dialect=DIALECT)
        except (CompileError, AttributeError) as error:
            raise UsageError(
                f"{argument}={given!r} is no type that a column can have",
                detail=f"SQLAlchemy said: {error}.",
                hint=f"Write {argument}=sa.BigInteger(), for example.",
            ) from error
        return cls(sql, _COLLATE.sub("", sql))


def spelled(type_: TypeEngine[Any]) -> str:
    """A type in capital letters, for comparisons of types of any origin."""
    try:
        return type_.compile(dialect=DIALECT).upper()
    except CompileError:  # nobody knows how it is written
        return repr(type_)
