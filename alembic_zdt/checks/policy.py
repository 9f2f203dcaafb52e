"""The mode of a finding, from the settings for checks and tables."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from alembic.script.revision import RevisionError
from alembic.util import CommandError

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.errors import SettingError
from alembic_zdt.findings import Severity
from alembic_zdt.names import QualifiedName
from alembic_zdt.settings import Mode, Modes, Settings


@dataclass(frozen=True)
class Policy:
    """The settings that decide about findings.

    Attributes:
        guard: the mode where no other setting applies.
        checks: the modes of single checks.
        tables: the modes of single tables.
        small_table_rows: the rows up to which a table is small.
        kept_tables: the names of this package's tables.
    """

    guard: Mode = "error"
    checks: Modes = field(default_factory=Modes)
    tables: Modes = field(default_factory=Modes)
    small_table_rows: int = 10_000
    kept_tables: frozenset[str] = Settings().own_tables

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """Return the policy of the settings.

        Raises:
            SettingError: a setting names an unknown check.
        """
        for name, _mode in settings.check_modes.pairs:
            if name not in all_checks():
                raise _unknown(name)
        return cls(
            settings.guard,
            settings.check_modes,
            settings.table_modes,
            settings.small_table_rows,
            settings.own_tables,
        )

    def at_run_time(
        self,
        check: str,
        severity: Severity,
        table: QualifiedName | None,
        rows: int | None,
    ) -> Mode:
        """Return the guard's mode, where a table of unknown size counts as big."""
        mode = self._mode(check, severity, table)
        is_small = rows is not None and rows <= self.small_table_rows
        if self.guard == "off" or (is_small and self._of_table(table) is None):
            return "off"
        if mode is not None:
            return mode
        return _at_most(self.guard, severity)

    def may_tell(self, check: str, severity: Severity) -> bool:
        """Check whether the guard may stop a call for a check, or log its problems.

        It ignores notes, unless the settings name the check.
        """
        return severity is not Severity.NOTE or self.checks.get(check) is not None

    def severity(
        self, check: str, severity: Severity, table: QualifiedName | None
    ) -> Severity | None:
        """Return the severity in a list of findings, None if the mode is off."""
        mode = self._mode(check, severity, table)
        if mode is None or (mode == "off" and not self._is_off(check, table)):
            return severity
        return _SEVERITIES[mode]

    def _mode(
        self, check: str, severity: Severity, table: QualifiedName | None
    ) -> Mode | None:
        """Return the mode that settings say for the check, or else for the table."""
        if self._is_off(check, table):
            return "off"
        of_check, of_table = self.checks.get(check), self._of_table(table)
        return of_check or (of_table and _at_most(of_table, severity))

    def _is_off(self, check: str, table: QualifiedName | None) -> bool:
        return "off" in {self.checks.get(check), self._of_table(table)}

    def _of_table(self, table: QualifiedName | None) -> Mode | None:
        if table is None:
            return None
        named = table.schema or "public"
        return self.tables.get(f"{named}.{table.name}") or self.tables.get(table.name)


_SEVERITIES: dict[Mode, Severity | None] = {
    "off": None,
    "warn": Severity.WARNING,
    "error": Severity.ERROR,
}


def _at_most(mode: Mode, severity: Severity) -> Mode:
    """Limit the mode: a note is never shown, and a warning never stops an upgrade."""
    if severity is Severity.NOTE:
        return "off"
    return "warn" if severity is Severity.WARNING else mode


def _unknown(name: str) -> SettingError:
    close = difflib.get_close_matches(name, all_checks(), n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    return SettingError(
        f'setting "check_modes" names an unknown check "{name}"',
        detail=f"The checks are {', '.join(all_checks())}.",
        hint=f"{hint}Correct or remove it.",
        setting="check_modes",
    )


def exempted(revisions: Any, start_after: str) -> frozenset[str]:
    """Return the revisions that are exempt from the checks.

    Args:
        revisions: Alembic's map of revisions, or its script directory.
        start_after: the setting.

    Raises:
        SettingError: there is no such revision.
    """
    names = [name.strip() for name in start_after.split(",") if name.strip()]
    try:
        whole = [_whole(revisions, name) for name in names]
    except (CommandError, KeyError, RevisionError) as error:
        raise SettingError(
            f'setting "start_after" names no revision: "{start_after}"',
            detail=" ".join(str(error).split()),
            hint="Write the id of a revision, or several with commas between.",
            setting="start_after",
        ) from error
    return frozenset(contexts.at_or_below(revisions, whole))


def _whole(revisions: Any, name: str) -> str:
    found = revisions.get_revision(name)
    if found is None or not str(found.revision).startswith(name):  # for example "head"
        raise KeyError(name)
    return str(found.revision)
