"""Conversions between the values of the two columns of a window.

For a rename the values are the same.  For a change of the type an expression makes each
value from the other.  A value that is converted to the other type and back may differ
from the first value.  So two columns match when either value follows from the other.
https://www.postgresql.org/docs/current/sql-createcast.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.twin.equality import same


class Conversion(Protocol):
    """Conversions between the values of the original and of the twin."""

    def up(self, value: str) -> str:
        """Return SQL that converts a value of the original to the twin's type."""

    def down(self, value: str) -> str:
        """Return SQL that converts a value of the twin to the original's type."""

    def assigned_up(self, value: str) -> str:
        """Return SQL for a function body that converts to the type of the twin."""

    def assigned_down(self, value: str) -> str:
        """Return SQL for a function body that converts to the type of the original."""

    def same_original(self, left: str, right: str) -> str:
        """Return SQL that is true if two values of the original are the same."""

    def same_twin(self, left: str, right: str) -> str:
        """Return SQL that is true if two values of the twin are the same."""

    def in_step(self, twin: str, original: str) -> str:
        """Return SQL that is true if the values of the two columns match."""

    def create(self) -> tuple[str, ...]:
        """Return the statements that create the functions of the conversion."""

    @property
    def functions(self) -> tuple[str, ...]:
        """Return the names, without schema, of the functions that it may need."""

    def converts_by(
        self, bodies: tuple[str, ...]
    ) -> Iterator[tuple[QualifiedName, str]]:
        """Yield the functions that the conversion needs, with their required bodies."""

    @property
    def calls_functions(self) -> bool:
        """Check whether an assignment in a function body calls these functions."""


@dataclass(frozen=True)
class Unchanged:
    """A conversion between two columns of one type, which changes no value.

    Attributes:
        byte_exact: whether equal values of the type always have the same bytes.
    """

    byte_exact: bool

    def up(self, value: str) -> str:
        """Return the value unchanged."""
        return value

    down = assigned_up = assigned_down = up

    def same_original(self, left: str, right: str) -> str:
        """Return SQL that is true if two values are the same."""
        return same(left, right, byte_exact=self.byte_exact)

    same_twin = same_original
    in_step = same_original

    def create(self) -> tuple[str, ...]:
        """Return no statements."""
        return ()

    @property
    def functions(self) -> tuple[str, ...]:
        """Return no names."""
        return ()

    def converts_by(
        self,
        bodies: tuple[str, ...],  # noqa: ARG002  # it has no functions
    ) -> Iterator[tuple[QualifiedName, str]]:
        """Yield no functions."""
        yield from ()

    @property
    def calls_functions(self) -> bool:
        """Return False, because the conversion uses no function."""
        return False


@dataclass(frozen=True)
class Side:
    """One of two columns of different types.

    Attributes:
        column: the column's name.
        type: the column's type as it is written in a cast.
        byte_exact: whether equal values of the type always have the same bytes.
        expression: the expression that converts this column's value to the other type,
            empty for a cast.
        function: the function that runs the expression, if there is one.
        cast: the function that runs the cast in a function body, where a type is not
            builtin.
        is_builtin: whether the type is one of PostgreSQL's own.
        collation: the collation of the column, empty for the collation of its type.
    """

    column: str
    type: str
    byte_exact: bool
    expression: str
    function: QualifiedName
    cast: QualifiedName
    is_builtin: bool = False
    collation: str = ""

    def converted(self, value: str, other: Side) -> str:
        """Return SQL that converts a value of this column to the *other* type."""
        if not self.expression:
            return f"CAST({value} AS {other.type})"
        return f"{self.function.sql}({value})"

    def compared(self, value: str, other: Side) -> str:
        """Return the converted value with the collation of the *other* column."""
        converted = self.converted(value, other)
        return (
            f"{converted} COLLATE {other.collation}" if other.collation else converted
        )

    def assigned(self, value: str, other: Side) -> str:
        """Return the converted value for a body that runs with a writer's rights.

        Such a body fails at a type or a function in a schema that the writer may not
        use.  So it calls functions of this package, in which such types are resolved
        already.
        """
        if self.needs_cast(other):
            return f"{self.cast.sql}({value})"
        return self.converted(value, other)

    def needs_cast(self, other: Side) -> bool:
        """Check whether a function body must call a function in place of a cast."""
        return not (self.expression or (self.is_builtin and other.is_builtin))

    def create(self, other: Side) -> tuple[str, ...]:
        """Return the statements that create a function that PostgreSQL can inline."""
        if self.needs_cast(other):
            # PostgreSQL inlines it only if its body is not more volatile than its
            # declaration.
            function, volatility = self.cast, "STABLE"
        elif self.expression:
            function, volatility = self.function, "IMMUTABLE"
        else:
            return ()
        return (
            f"DROP FUNCTION IF EXISTS {function.sql}({self.type})",
            (
                f"CREATE FUNCTION {function.sql}"
                f"({quote(self.column)} {self.type}) RETURNS {other.type}"
                f" LANGUAGE sql {volatility} RETURN {self.written(other)}"
            ),
            # Every writer of the table runs it, whatever the default privileges are.
            f"GRANT EXECUTE ON FUNCTION {function.sql}({self.type}) TO PUBLIC",
        )

    def written(self, other: Side) -> str:
        """Return the expression that makes the *other* value from this column."""
        return f"CAST({self.expression or quote(self.column)} AS {other.type})"

    def same(self, left: str, right: str) -> str:
        """Return SQL that is true if two values are the same."""
        return same(left, right, byte_exact=self.byte_exact)


@dataclass(frozen=True)
class Retyped:
    """A conversion between two columns of different types.

    Attributes:
        original: the existing column.
        twin: the column of the other type.
    """

    original: Side
    twin: Side

    def up(self, value: str) -> str:
        """Return SQL that converts a value of the original to the twin's type."""
        return self.original.converted(value, self.twin)

    def down(self, value: str) -> str:
        """Return SQL that converts a value of the twin to the original's type."""
        return self.twin.converted(value, self.original)

    def assigned_up(self, value: str) -> str:
        """Return SQL for a function body that converts to the type of the twin."""
        return self.original.assigned(value, self.twin)

    def assigned_down(self, value: str) -> str:
        """Return SQL for a function body that converts to the type of the original."""
        return self.twin.assigned(value, self.original)

    def same_original(self, left: str, right: str) -> str:
        """Return SQL that is true if two values of the original are the same."""
        return self.original.same(left, right)

    def same_twin(self, left: str, right: str) -> str:
        """Return SQL that is true if two values of the twin are the same."""
        return self.twin.same(left, right)

    def in_step(self, twin: str, original: str) -> str:
        """Return SQL that is true if one value is the conversion of the other."""
        up = self.original.compared(original, self.twin)
        down = self.twin.compared(twin, self.original)
        follows, leads = self.same_twin(twin, up), self.same_original(original, down)
        return f"({follows} OR ({twin} IS DISTINCT FROM NULL AND {leads}))"

    def create(self) -> tuple[str, ...]:
        """Return the statements that create the functions of both conversions."""
        original, twin = self.original, self.twin
        return (*original.create(twin), *twin.create(original))

    @property
    def functions(self) -> tuple[str, ...]:
        """Return the names of one function and one cast for each direction."""
        sides = (self.original, self.twin)
        names = (*(s.function for s in sides), *(s.cast for s in sides))
        return tuple(name.name for name in names)

    def converts_by(
        self, bodies: tuple[str, ...]
    ) -> Iterator[tuple[QualifiedName, str]]:
        """Yield the functions that the conversion needs, each with its required body.

        Args:
            bodies: the bodies of the conversions to the twin and to the original, as
                PostgreSQL writes them.
        """
        original, twin = self.original, self.twin
        for body, side, other in zip(
            bodies, (original, twin), (twin, original), strict=False
        ):
            if side.needs_cast(other):
                yield side.cast, body
            elif side.expression:
                yield side.function, body

    @property
    def calls_functions(self) -> bool:
        """Check whether there are expressions, or types that are not builtin."""
        sides = (self.original, self.twin)
        return any(side.expression or not side.is_builtin for side in sides)
