"""An identity as a caller declares it.

https://www.postgresql.org/docs/current/sql-createsequence.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, Identity

from alembic_zdt.operations.calls.sql_text import DIALECT

_LAST = {"SMALLINT": 2**15 - 1, "INTEGER": 2**31 - 1, "BIGINT": 2**63 - 1}


@dataclass(frozen=True)
class DeclaredIdentity:
    """An identity column's declaration.

    Attributes:
        declared: ``GENERATED ... AS IDENTITY (...)``.
        options: the sequence options in the parentheses.
        numbers: the number of values that the sequence has, None if it cycles.
    """

    declared: str
    options: str
    numbers: int | None

    @classmethod
    def of(cls, column: Column[Any], type_: str) -> DeclaredIdentity | None:
        """Return the identity of a column, None if it has none."""
        identity = column.identity
        if identity is None:
            return None
        compiler: Any = DIALECT.ddl_compiler(DIALECT, cast("Any", None))
        declared = compiler.process(identity).strip()
        options = compiler.get_identity_options(identity)
        return cls(
            declared, options, None if identity.cycle else _count(identity, type_)
        )


def _count(identity: Identity, type_: str) -> int:
    last = _LAST.get(type_.upper(), _LAST["BIGINT"])
    step = identity.increment or 1
    if step > 0:
        low, high = _first(identity.minvalue, 1), _first(identity.maxvalue, last)
        return (high - _first(identity.start, low)) // step + 1
    low, high = _first(identity.minvalue, -last - 1), _first(identity.maxvalue, -1)
    return (_first(identity.start, high) - low) // -step + 1


def _first(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
