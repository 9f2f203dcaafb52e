"""SQL that can be run a second time with the same result, known from its text alone.

The guard asks before it has imported the checks.
https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
"""

from __future__ import annotations

import re

_CONSTANT = r"(?:-?[\d.]+|'(?:[^']|'')*'|null|true|false|default|now\(\))"
_ASSIGNED = rf"[\w\".]+\s*=\s*{_CONSTANT}"
_MAY_RUN_AGAIN = re.compile(
    rf"""
    \bIF\s+(?:NOT\s+)?EXISTS\b | \bOR\s+REPLACE\b | \bON\s+CONFLICT\b
    | \bWHERE\s+NOT\s+EXISTS\b | \bVALIDATE\s+CONSTRAINT\b
    | \A\s*CREATE\s+(?:(?:GLOBAL|LOCAL)\s+)?TEMP(?:ORARY)?\b  # of the session
    | \A\s*(?:ANALYZE|COMMENT|DELETE|GRANT|REFRESH|REINDEX|REVOKE|TRUNCATE|VACUUM)\b
    | \bALTER\s+COLUMN\s+\S+\s+(?:SET|DROP)\b
    | \bALTER\s+TABLE\s+\S+\s+(?:ENABLE|DISABLE|OWNER|SET|RESET|REPLICA)\b
    | \A\s*UPDATE\s+[\w".]+\s+SET\s+{_ASSIGNED}(?:\s*,\s*{_ASSIGNED})*\s*
      (?:WHERE\b.*|;?\s*)\Z
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def sql_may_run_again(text: str) -> bool:
    """Check whether a second run of a statement succeeds and changes nothing."""
    return _MAY_RUN_AGAIN.search(text) is not None
