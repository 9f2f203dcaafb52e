"""Code that casts to a type does not find it under its new name.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check_definition import Check, Claim, Problem
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import MOODS
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.effects import RenameType
from alembic_zdt.findings import Severity
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if not isinstance(act, RenameType):
            continue
        is_new = plain(act.name) in context.known.new_types
        if not is_new and not context.following.makes_type(call, act.name):
            yield Problem(f"the type {act.name.label} is renamed in one step")


CHECK = Check(
    id="rename-type",
    severity=Severity.ERROR,
    reason="With asyncpg, SQLAlchemy casts each value of an enum to its type by name, "
    "so running code fails after the rename. Your own casts to the old name fail, "
    "too. This happens although the statement locks no table. Keep the name of the "
    "type: the class in the code may have another name. A domain with the new name "
    "does not help: PostgreSQL has no operator that compares the column with a value "
    "of the domain.",
    look=_look,
    setup=MOODS,
    bad='op.execute("ALTER TYPE mood RENAME TO feeling")',
    good="""\
# Keep it, and name it in the models: sa.Enum(Feeling, name="mood").
pass""",
    claim=Claim({}),
    breaks_code=True,
)
