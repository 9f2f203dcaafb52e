"""How the two columns of a window follow from each other.

For a rename they are the same.  For a change of the type each is made of the other by
an expression; what a value becomes there and back again need not be what it was, so a
row is in step when either of the two follows from the other.
https://www.postgresql.org/docs/current/sql-createcast.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from alembic_zdt.names import QualifiedName, quote
from alembic_zdt.twin.equality import same


class Conversion(Protocol):
    """The values of one column as those of the other."""

    def up(self, value: str) -> str:
        """A value of the original, as one of the twin."""

    def down(self, value: str) -> str:
        """A value of the twin, as one of the original."""

    def assigned_up(self, value: str) -> str:
        """Return the same for a function body, which is parsed when it runs."""

    def assigned_down(self, value: str) -> str:
        """Return a value of the twin as one of the original, for a function body."""

    def same_original(self, left: str, right: str) -> str:
        """The condition that two values of the original are the same."""

    def same_twin(self, left: str, right: str) -> str:
        """The condition that two values of the twin are the same."""

    def in_step(self, twin: str, original: str) -> str:
        """The condition that the two belong together."""

    def create(self) -> tuple[str, ...]:
        """The statements that make the functions it needs."""

    @property
    def functions(self) -> tuple[str, ...]:
        """The bare names of the functions that it may need."""

    def converts_by(
        self, bodies: tuple[str, ...]
    ) -> Iterator[tuple[QualifiedName, str]]:
        """The functions that it needs, and what they must be like."""

    @property
    def calls_functions(self) -> bool:
        """Return whether a body that assigns calls these functions."""


@dataclass(frozen=True)
class Unchanged:
    """The two columns have one type.

    Attributes:
        byte_exact: whether equal values of it are the same.
    """

    byte_exact: bool

    def up(self, value: str) -> str:
        """The same."""
        return value

    down = assigned_up = assigned_down = up

    def same_original(self, left: str, right: str) -> str:
        """The condition that two values are the same."""
        return same(left, right, byte_exact=self.byte_exact)

    same_twin = same_original
    in_step = same_original

    def create(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def functions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def converts_by(
        self,
        bodies: tuple[str, ...],  # noqa: ARG002  # it has no functions
    ) -> Iterator[tuple[QualifiedName, str]]:
        """Yield nothing."""
        yield from ()

    @property
    def calls_functions(self) -> bool:
        """Return False: it names no type and no function."""
        return False


@dataclass(frozen=True)
class Side:
    """One of two columns of different types.

    Attributes:
        column: its name.
        type: its type as it is written in a cast.
        byte_exact: whether equal values of it are the same.
        expression: makes the value of the other one out of it, empty for a cast.
        function: does that, where there is an expression.
        cast: does that in a function body, where the types are not builtin.
        is_builtin: whether the type is one of PostgreSQL's own.
        collation: of the column, empty for that of its type.
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
        """A value of this one as one of the *other*."""
        if not self.expression:
            return f"CAST({value} AS {other.type})"
        return f"{self.function.sql}({value})"

    def compared(self, value: str, other: Side) -> str:
        """Return the same with a collation: two different ones cannot be compared."""
        converted = self.converted(value, other)
        return (
            f"{converted} COLLATE {other.collation}" if other.collation else converted
        )

    def assigned(self, value: str, other: Side) -> str:
        """Return the same for a body, which is parsed under the writer's rights.

        There a type or a function of a schema that the writer may not use is an
        error, so what is not builtin is bound to functions when they are created.
        """
        if self.needs_cast(other):
            return f"{self.cast.sql}({value})"
        return self.converted(value, other)

    def needs_cast(self, other: Side) -> bool:
        """Return whether a cast needs a function in a body."""
        return not (self.expression or (self.is_builtin and other.is_builtin))

    def create(self, other: Side) -> tuple[str, ...]:
        """The function, which a CHECK and a trigger can inline."""
        if self.needs_cast(other):
            # The server inlines it only if it is no more volatile than it says.
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
            # Whoever writes the table runs it, whatever the default privileges are.
            f"GRANT EXECUTE ON FUNCTION {function.sql}({self.type}) TO PUBLIC",
        )

    def written(self, other: Side) -> str:
        """The value of the *other*, made of this column by its name."""
        return f"CAST({self.expression or quote(self.column)} AS {other.type})"

    def same(self, left: str, right: str) -> str:
        """The condition that two values are the same."""
        return same(left, right, byte_exact=self.byte_exact)


@dataclass(frozen=True)
class Retyped:
    """The two columns have different types.

    Attributes:
        original: the column that is there.
        twin: the column of the other type.
    """

    original: Side
    twin: Side

    def up(self, value: str) -> str:
        """A value of the original, as one of the twin."""
        return self.original.converted(value, self.twin)

    def down(self, value: str) -> str:
        """A value of the twin, as one of the original."""
        return self.twin.converted(value, self.original)

    def assigned_up(self, value: str) -> str:
        """Return a value of the original as one of the twin, for a function body."""
        return self.original.assigned(value, self.twin)

    def assigned_down(self, value: str) -> str:
        """Return a value of the twin as one of the original, for a function body."""
        return self.twin.assigned(value, self.original)

    def same_original(self, left: str, right: str) -> str:
        """The condition that two values of the original are the same."""
        return self.original.same(left, right)

    def same_twin(self, left: str, right: str) -> str:
        """The condition that two values of the twin are the same."""
        return self.twin.same(left, right)

    def in_step(self, twin: str, original: str) -> str:
        """The condition that either of the two follows from the other."""
        up = self.original.compared(original, self.twin)
        down = self.twin.compared(twin, self.original)
        follows, leads = self.same_twin(twin, up), self.same_original(original, down)
        return f"({follows} OR ({twin} IS DISTINCT FROM NULL AND {leads}))"

    def create(self) -> tuple[str, ...]:
        """The functions of the caller's expressions."""
        original, twin = self.original, self.twin
        return (*original.create(twin), *twin.create(original))

    @property
    def functions(self) -> tuple[str, ...]:
        """One for each direction, and one for each cast."""
        sides = (self.original, self.twin)
        names = (*(s.function for s in sides), *(s.cast for s in sides))
        return tuple(name.name for name in names)

    def converts_by(
        self, bodies: tuple[str, ...]
    ) -> Iterator[tuple[QualifiedName, str]]:
        """Yield the functions that it needs, and what they must be like.

        Args:
            bodies: forth and back, as the server spells them.
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
        """Return whether there are expressions, or types that are not builtin."""
        sides = (self.original, self.twin)
        return any(side.expression or not side.is_builtin for side in sides)
