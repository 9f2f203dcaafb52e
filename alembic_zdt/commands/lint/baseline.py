"""``alembic-zdt lint --baseline FILE``: findings that are not reported.

Places that could not be checked count as findings.  ``--write-baseline`` writes the
file.  Commit it to the repository.
"""

from __future__ import annotations

import json
from pathlib import Path

from alembic_zdt.commands.json_output import printed
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.commands.writing import write_all
from alembic_zdt.errors import UsageError


def write(linted: Linted, path: Path) -> None:
    """Write the current findings and unchecked places into the baseline."""
    left = [each for each in linted.unchecked if not each.is_broken]
    known = {
        each.fingerprint: f"{each.check}: {each.message}" for each in linted.findings
    }
    known |= {each.fingerprint: f"not looked at: {each.reason}" for each in left}
    write_all({path: printed({"findings": known}) + "\n"})


def against(linted: Linted, path: Path) -> Linted:
    """Return the findings that are not in the baseline.

    Raises:
        UsageError: the file does not exist, or is not a baseline.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        # An older file has nothing but the findings.
        return linted.without(known.get("findings", known).keys())
    except (ValueError, AttributeError, OSError) as error:
        raise UsageError(
            f'cannot read the baseline "{path}"',
            detail=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}.",
            hint=f"Write the baseline with alembic-zdt lint --write-baseline {path}.",
        ) from error
