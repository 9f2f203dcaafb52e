"""Running code writes the value by its old name, and does not know the new one.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from alembic_zdt.checks.check_definition import Check, Claim
from alembic_zdt.checks.examples import MOODS
from alembic_zdt.checks.looks import has_new_type, reporting_all
from alembic_zdt.checks.sql.effects import RenameEnumValue
from alembic_zdt.findings import Severity

_SAFE = """\
op.{phase}_rename_enum_value(
    "users",
    "mood",
    "sad",
    "blue",
    existing_type=sa.Enum("sad", "happy", name="mood"),
    new_column_name="feeling",
    new_enum_name="feeling",
)"""

CHECK = Check(
    id="rename-enum-value",
    severity=Severity.ERROR,
    reason="Running code writes the old name, which PostgreSQL refuses after the "
    "rename. It also reads the new name, which its enum does not have. This happens "
    "although the statement locks no table. op.expand_rename_enum_value() gives the "
    "new code a column of its own.",
    look=reporting_all(
        RenameEnumValue,
        lambda act: f"the value {act.value} of {act.name.label} is renamed in one step",
        unless=has_new_type,
    ),
    setup=MOODS,
    bad="op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'\")",
    good=(
        "# 1. Before the deploy of code that uses the new column.\n"
        + _SAFE.format(phase="expand"),
        "# 2. Before the deploy, too.\n" + _SAFE.format(phase="migrate"),
        "# 3. After every old process is gone.\n" + _SAFE.format(phase="contract"),
    ),
    claim=Claim({}),
    breaks_code=True,
)
