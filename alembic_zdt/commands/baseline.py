"""``alembic-zdt lint --baseline FILE``: what was there when the lint came.

The file is read when it is there, and written when it is not; it belongs into the
repository.
"""

from __future__ import annotations

import json
from pathlib import Path

from alembic_zdt.commands.lint import Linted
from alembic_zdt.errors import UsageError


def against(linted: Linted, path: Path) -> Linted:
    """What is new since the file was written, which is done now if it is not there.

    Raises:
        UsageError: it is no such file.
    """
    if not path.exists():
        known = {
            each.fingerprint: f"{each.check}: {each.words}" for each in linted.findings
        }
        path.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        return linted.without(known)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return linted.without(known.keys())
    except (ValueError, AttributeError, OSError) as error:
        raise UsageError(
            f'cannot read the baseline "{path}"',
            detail=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}.",
            hint="Delete it, and it is written anew.",
        ) from error
