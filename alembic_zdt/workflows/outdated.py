"""Functions and triggers whose text names what a contract removes.

https://www.postgresql.org/docs/current/plpgsql-trigger.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alembic_zdt.catalog.mentions import Mention, Mentions
from alembic_zdt.errors import DependentObjectsError, UsageError, ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.operations.calls.written_call import written_call
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Row, Step


@dataclass(frozen=True)
class Outdated:
    """Functions and triggers that name a column or table which is to be removed.

    Attributes:
        table: the table.
        column: the column, empty for the table itself.
        stays: the name that they can use instead, empty if there is none.
        ignored: names of functions and triggers that are not reported.
    """

    table: QualifiedName
    column: str = ""
    stays: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def question(self) -> Mentions:
        """Return the question for the texts that use the name."""
        goes = not (self.column or self.stays)
        return Mentions(self.table, self.column, goes)

    @property
    def _name(self) -> str:
        return self.column or self.table.label

    def note(self, server: Server) -> str:
        """Return a note that lists what to change before the contract, or nothing."""
        found = server.answer(self.question) or ()
        if not found:
            return ""
        name = f'"{self.stays}"' if self.stays else "another column"
        return (
            f"before the contract, change these to use {name} instead of "
            f'"{self._name}": {"; ".join(map(str, found))}'
        )

    def refused(
        self, server: Server, operation: ZdtOperation, when: str
    ) -> Sequence[Precondition]:
        """Refuse texts that still use the name, if *when* holds.

        Args:
            server: the answers of the server; offline, the script looks for the texts.
            operation: the caller's operation, for the hint.
            when: an SQL condition.
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

        query = (
            f"SELECT words FROM ({self.question.suspects(self.ignored)}) m WHERE {when}"
        )
        return (Precondition(query, in_script),)

    def _error(self, found: Sequence[Mention], operation: ZdtOperation) -> ZdtError:
        table = self.table.label
        listed = "; ".join(map(str, found)) or (
            "a function whose text names it, or a trigger that is given its name"
        )
        names = [mention.name for mention in found] or ["function_name"]
        again = _ignoring(operation, list(dict.fromkeys((*self.ignored, *names))))
        change, meant = "Change them", "column" if self.column else "table"
        if self.stays:
            equal = ", which is kept equal until then" if self.column else ""
            change = f'Let them name "{self.stays}"{equal}'
        of = f' of "{table}"' if self.column else ""
        return DependentObjectsError(
            f'the name "{self._name}"{of} is still in use',
            detail=f"These texts would fail without the name: {listed}.",
            hint=(
                f"{change}, then run the same command again. If the texts do not "
                f"mean this {meant}, write {again}."
            ),
            table=table,
            column=self.column or None,
        )


def _ignoring(operation: ZdtOperation, names: Sequence[str]) -> str:
    """Return the caller's call with these names in ``ignore_mentions``."""
    positional, named = operation.arguments()
    named = {"ignore_mentions": list(names)} | {
        name: value for name, value in named.items() if name != "ignore_mentions"
    }
    return written_call(operation.directive, positional, named)


def noted(step: Step, note: str) -> Step:
    """Return the step with *note* added to its note."""
    return replace(step, note="; ".join(filter(None, (step.note, note))))


def ignored_names(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names in ``ignore_mentions`` as a tuple.

    Raises:
        UsageError: a text instead of a list.
    """
    if isinstance(given, str):
        raise UsageError(
            f"ignore_mentions={given!r} is not a list of names",
            detail="The list names functions and triggers whose text may name the "
            "column.",
            hint=f"Write ignore_mentions=[{given!r}].",
        )
    return tuple(given or ())
