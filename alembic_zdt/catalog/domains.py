"""Types under domains, which may be domains over other domains.

https://www.postgresql.org/docs/current/domains.html
"""

from __future__ import annotations


def base_type(oid: str) -> str:
    """Return SQL for the oid of the type under a domain, or of a type that is none.

    Args:
        oid: SQL for the oid of a type.
    """
    return (
        "(WITH RECURSIVE under AS (SELECT t.oid, t.typtype, t.typbasetype"
        f" FROM pg_catalog.pg_type t WHERE t.oid = {oid}"
        " UNION ALL SELECT t.oid, t.typtype, t.typbasetype FROM under"
        " JOIN pg_catalog.pg_type t ON t.oid = under.typbasetype"
        " WHERE under.typtype = 'd')"
        " SELECT under.oid FROM under WHERE under.typtype <> 'd')"
    )
