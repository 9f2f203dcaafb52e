"""SQL that can be run a second time with the same result, known from its text alone.

The guard needs the answer before it has imported the checks.
https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
"""

from __future__ import annotations

import re

_CONSTANT = r"(?:-?[\d.]+|'(?:[^']|'')*'|null|true|false|default|now\(\))"
_NAME = r'(?:(?:"(?:[^"]|"")*+"|[\w.$]+)++)'
_ASSIGNED = rf"{_NAME}\s*=\s*{_CONSTANT}"
_MAY_RUN_AGAIN = re.compile(
    rf"""
    \bIF\s+(?:NOT\s+)?EXISTS\b | \bOR\s+REPLACE\b | \bON\s+CONFLICT\b
    | \bWHERE\s+NOT\s+EXISTS\b | \bVALIDATE\s+CONSTRAINT\b
    | \A\s*CREATE\s+(?:(?:GLOBAL|LOCAL)\s+)?TEMP(?:ORARY)?\b  # of the session
    | \A\s*(?:ANALYZE|COMMENT|DELETE|GRANT|REFRESH|REINDEX|REVOKE|TRUNCATE|VACUUM)\b
    | \A\s*ALTER\s+SEQUENCE\b(?!.*\b(?:RENAME|RESTART|SET\s+SCHEMA)\b)
    | \bALTER\s+COLUMN\s+{_NAME}\s+(?:SET|DROP(?!\s+(?:EXPRESSION|IDENTITY)\b))\b
    | \bALTER\s+TABLE\s+{_NAME}\s+(?:ENABLE|DISABLE|OWNER|RESET|REPLICA)\b
    | \bALTER\s+TABLE\s+{_NAME}\s+SET\b(?!\s+SCHEMA\b)
    | \A\s*UPDATE\s+{_NAME}\s+SET\s+{_ASSIGNED}(?:\s*,\s*{_ASSIGNED})*\s*
      (?:WHERE\b.*|;?\s*)\Z
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
# Skips a table that is missing, not a change that is done already.
_IF_TABLE_EXISTS = re.compile(
    r"(?P<verb>\A\s*ALTER\s+TABLE)\s+IF\s+EXISTS\b"
    r"(?!.*\b(?:RENAME\s+TO|SET\s+SCHEMA)\b)",
    re.IGNORECASE | re.DOTALL,
)


def sql_may_run_again(text: str) -> bool:
    """Check whether a second run of a statement succeeds and changes nothing."""
    changed = _IF_TABLE_EXISTS.sub(r"\g<verb>", text)
    return _MAY_RUN_AGAIN.search(changed) is not None
