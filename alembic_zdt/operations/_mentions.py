"""Functions and triggers that say a name which goes with a contract.

https://www.postgresql.org/docs/current/plpgsql-trigger.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alembic_zdt.catalog.mentions import Mention, Mentions, suspects
from alembic_zdt.errors import DependentObjectsError, UsageError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.written_call import written_call
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Row, Step


@dataclass(frozen=True)
class Outdated:
    """The texts that name a column which goes.

    Attributes:
        table: its table.
        column: the column.
        stays: the name that stays, empty where none does.
        ignored: names of functions and triggers that do not count.
    """

    table: QualifiedName
    column: str
    stays: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def question(self) -> Mentions:
        """Which texts are they?"""
        return Mentions(self.table, self.column)

    def note(self, server: Server) -> str:
        """Say what has to be changed before the contract, empty for nothing."""
        found = server.answer(self.question) or ()
        if not found:
            return ""
        name = f'"{self.stays}"' if self.stays else "another column"
        return (
            f'before the contract let these name {name} instead of "{self.column}": '
            f"{'; '.join(map(str, found))}"
        )

    def refused(
        self, server: Server, operation: ZdtOperation, when: str
    ) -> Sequence[Precondition]:
        """Refuse while there is one, where *when* holds.

        Args:
            server: has been asked, or is not known.
            operation: the caller's.
            when: a condition.
        """
        found = [
            mention
            for mention in server.answer(self.question) or ()
            if mention.name not in self.ignored
        ]
        if server.online:
            if not found:
                return ()
            query = f"SELECT 1 WHERE {when}"
            return (Precondition(query, lambda _rows: self._error(found, operation)),)

        def in_script(_rows: Sequence[Row]) -> ZdtError:
            return self._error((), operation)

        suspected = suspects(self.table, self.column, self.ignored)
        query = f"SELECT words FROM ({suspected}) m WHERE {when}"
        return (Precondition(query, in_script),)

    def _error(self, found: Sequence[Mention], operation: ZdtOperation) -> ZdtError:
        table = self.table.words
        listed = "; ".join(map(str, found)) or (
            "a function whose text names it, or a trigger that is given its name"
        )
        names = [mention.name for mention in found] or ["function_name"]
        again = _ignoring(operation, list(dict.fromkeys((*self.ignored, *names))))
        change = "Change them"
        if self.stays:
            change = f'Let them name "{self.stays}", which is kept equal until then'
        return DependentObjectsError(
            f'the name "{self.column}" of "{table}" is still in use',
            detail=f"These texts would fail from then on: {listed}.",
            hint=f"{change}, then run the same command again. Where they do not mean "
            f"this column, write {again}.",
            table=table,
            column=self.column,
        )


def _ignoring(operation: ZdtOperation, names: Sequence[str]) -> str:
    """Write the caller's call with names of texts that do not count."""
    positional, named = operation.arguments()
    named = {"ignore_mentions": list(names)} | {
        name: value for name, value in named.items() if name != "ignore_mentions"
    }
    return written_call(operation.directive, positional, named)


def noted(step: Step, note: str) -> Step:
    """Return the step with one more note."""
    return replace(step, note="; ".join(filter(None, (step.note, note))))


def ignored_names(given: Sequence[str] | None) -> tuple[str, ...]:
    """Read ``ignore_mentions``.

    Raises:
        UsageError: it is a single text.
    """
    if isinstance(given, str):
        raise UsageError(
            f"ignore_mentions={given!r} is not a list of names",
            detail="It names functions and triggers whose text may name the column.",
            hint=f"Write ignore_mentions=[{given!r}].",
        )
    return tuple(given or ())
