"""The statements of a script."""

from __future__ import annotations

import pytest

from alembic_zdt.testing.script_replay import statements

FUNCTION = """CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC
  SELECT CASE WHEN a > 0 THEN CASE a WHEN 1 THEN 2 END END;
  SELECT 1;
END"""


@pytest.mark.parametrize(
    "statement",
    [
        FUNCTION,
        "CREATE RULE r AS ON INSERT TO a DO ALSO (DELETE FROM b; DELETE FROM c)",
        "SELECT ';', \";\", /* ; */ $$;$$",
        "END",
    ],
)
def test_statement_is_not_split(statement):
    script = f"BEGIN;\n\n{statement};\n\n-- end\nCOMMIT;\n"

    assert [*statements(script)] == ["BEGIN", statement, "-- end\nCOMMIT"]
