"""Running code writes the value by its old name, and does not know the new one.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from collections.abc import Iterator

from alembic_zdt.checks.check import Check, Claim, Problem, Severity
from alembic_zdt.checks.context import CheckContext
from alembic_zdt.checks.examples import MOODS
from alembic_zdt.checks.schema_state import plain
from alembic_zdt.checks.sql.effects import RenameEnumValue
from alembic_zdt.recording.call import Call


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for act in call.acts:
        if isinstance(act, RenameEnumValue) and plain(act.name) not in (
            context.known.new_types
        ):
            yield Problem(
                f"the value {act.value} of {act.name.words} gets another name at once"
            )


CHECK = Check(
    id="rename-enum-value",
    severity=Severity.ERROR,
    reason="Code that is running writes the old name, which is refused from that "
    "moment on, and reads a new one that its enum does not have; no lock is waited "
    "for. op.expand_rename_enum_value() gives the new code a column of its own.",
    look=_look,
    setup=MOODS,
    bad="op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'\")",
    good=(
        """\
# 1. Before the deploy of code that uses the new column.
op.expand_rename_enum_value(
    "users",
    "mood",
    "sad",
    "blue",
    existing_type=sa.Enum("sad", "happy", name="mood"),
    new_column_name="feeling",
    new_enum_name="feeling",
)""",
        """\
# 2. Before the deploy, too.
op.migrate_rename_enum_value(
    "users",
    "mood",
    "sad",
    "blue",
    existing_type=sa.Enum("sad", "happy", name="mood"),
    new_column_name="feeling",
    new_enum_name="feeling",
)""",
        """\
# 3. After every old process is gone.
op.contract_rename_enum_value(
    "users",
    "mood",
    "sad",
    "blue",
    existing_type=sa.Enum("sad", "happy", name="mood"),
    new_column_name="feeling",
    new_enum_name="feeling",
)""",
    ),
    claim=Claim({}),
    elsewhere={"strong_migrations": "rename_enum_value"},
    breaks_code=True,
)
