"""``alembic-zdt lint --baseline FILE``: findings that are not reported.

``--write-baseline`` writes the file.  Commit it to the repository.
"""

from __future__ import annotations

import json
from pathlib import Path

from alembic_zdt.commands.lint.command import Linted
from alembic_zdt.commands.writing import write_all
from alembic_zdt.errors import UsageError


def write(linted: Linted, path: Path) -> None:
    """Write the current findings into the baseline."""
    known = {
        each.fingerprint: f"{each.check}: {each.words}" for each in linted.findings
    }
    write_all({path: json.dumps(known, indent=2) + "\n"})


def against(linted: Linted, path: Path) -> Linted:
    """Return the findings that are not in the baseline.

    Raises:
        UsageError: the file does not exist, or is not a baseline.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return linted.without(known.keys())
    except (ValueError, AttributeError, OSError) as error:
        raise UsageError(
            f'cannot read the baseline "{path}"',
            detail=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}.",
            hint=f"Write it with alembic-zdt lint --write-baseline {path}.",
        ) from error
