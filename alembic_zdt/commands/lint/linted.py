"""The result of ``alembic-zdt lint``, with its exit code and its JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.checks.sql.parsing import NEEDS_THE_PARSER
from alembic_zdt.checks.unchecked_places import Unchecked, not_accepted
from alembic_zdt.exit_codes import ExitCode
from alembic_zdt.findings import exit_code


@dataclass(frozen=True)
class Linted:
    """The result of a lint.

    Attributes:
        findings: the findings, in the order of the revisions.
        unchecked: the parts that could not be checked.
        revisions: the number of checked revisions.
        other_databases: the parts that are code for another database.
        facts: when the facts that were used were exported, None without facts.
    """

    findings: Sequence[RevisionFinding]
    unchecked: Sequence[Unchecked]
    revisions: int
    other_databases: Sequence[Unchecked] = ()
    facts: str | None = None

    @classmethod
    def of(
        cls,
        findings: Sequence[RevisionFinding],
        places: Iterable[Unchecked],
        revisions: int,
    ) -> Linted:
        """Build the result, without the places that a comment accepts."""
        left = tuple(not_accepted(dict.fromkeys(places)))
        own = tuple(each for each in left if not each.is_for_others)
        others = tuple(each for each in left if each.is_for_others)
        return cls(findings, own, revisions, others)

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code, where an unchecked part counts as a warning.

        A file that cannot be imported counts as an error.
        """
        if any(each.is_broken for each in self.unchecked):
            return ExitCode.ERROR
        return exit_code(self.findings, unchecked=bool(self.unchecked))

    @property
    def unread_sql(self) -> int:
        """Return the number of places with SQL that needs the missing parser."""
        return sum(NEEDS_THE_PARSER in each.reason for each in self.unchecked)

    def without(self, known: Collection[str]) -> Linted:
        """Return the result without the findings and places of these fingerprints."""
        new = [found for found in self.findings if found.fingerprint not in known]
        left = [
            each
            for each in self.unchecked
            if each.is_broken or each.fingerprint not in known
        ]
        return replace(self, findings=tuple(new), unchecked=tuple(left))

    def as_json(self) -> dict[str, Any]:
        """Return the result for ``--json``."""
        return {
            "findings": [found.as_json() for found in self.findings],
            "unchecked": [each.as_json() for each in self.unchecked],
            "other_databases": [each.as_json() for each in self.other_databases],
            "revisions": self.revisions,
            "facts": self.facts,
        }
