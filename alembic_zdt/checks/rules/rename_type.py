"""Code that casts to a type does not find it under its new name.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import MOODS
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.effects import RenameType
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, RenameType) and plain(act.name) not in (
            context.known.new_types
        ):
            yield Problem(f"the type {act.name.words} gets another name at once")


CHECK = Check(
    id="rename-type",
    severity=Severity.ERROR,
    reason="SQLAlchemy casts each value of an enum to the name of its type, so code "
    "that is running fails from that moment on; no lock is waited for. Keep the name; "
    "a domain over the type gives it a second one, by which new code may cast.",
    look=_look,
    setup=MOODS,
    bad='op.execute("ALTER TYPE mood RENAME TO feeling")',
    good='op.execute("CREATE DOMAIN feeling AS mood")',
    claim=Claim({}),
    breaks_code=True,
)
