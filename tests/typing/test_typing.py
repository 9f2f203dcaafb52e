"""The typed face, as mypy --strict and pyright see it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CASES = ("tests/typing/right_calls.py", "tests/typing/wrong_calls.py")

REVEALED = {
    "add_enum_value": "def (enum_name: str, value: str, *, before: str | None =,"
    " after: str | None =, schema: str | None =)",
    "create_index_concurrently": "def (index_name: str | None, table_name: str,"
    " columns: typing.Sequence[Any], *, schema: str | None =, unique: bool =,"
    " **kw: Any)",
    "drop_constraint_safely": "def (constraint_name: str, table_name: str,"
    " type_: str | None =, *, schema: str | None =)",
    "get_bind": "def () -> sqlalchemy.engine.base.Connection",
    "drop_index_concurrently": "def (index_name: str, table_name: str | None =,"
    " *, schema: str | None =)",
    "validate_constraint": "def (constraint_name: str, table_name: str, *,"
    " schema: str | None =)",
}


def run(program: str, *arguments: str, cwd: Path = ROOT) -> str:
    """Run a type checker; return its exit code and what it said."""
    if not (BIN / program).exists():
        pytest.skip(f"{program} is not installed")
    done = subprocess.run(
        [BIN / program, *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def test_mypy_accepts_right_calls_and_refuses_wrong_ones(tmp_path: Path) -> None:
    """Each ignored error is a real one, and there is no other."""
    said = run("mypy", "--strict", f"--cache-dir={tmp_path}", *CASES)
    assert said == "0\nSuccess: no issues found in 2 source files\n"


def test_pyright_accepts_right_calls_and_refuses_wrong_ones() -> None:
    """Each ignored error is a real one, and there is no other."""
    said = run("pyright", "--pythonpath", sys.executable, *CASES)
    assert "0 errors, 0 warnings" in said


def test_mypy_reveals_the_signatures(tmp_path: Path) -> None:
    """``from alembic_zdt import op`` shows our directives and Alembic's with types."""
    revision = tmp_path / "revision.py"
    calls = "".join(f"reveal_type(op.{name})\n" for name in REVEALED)
    revision.write_text(f"from alembic_zdt import op\n{calls}")

    said = run("mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", str(revision))

    shown = [line.split('"')[1] for line in said.splitlines() if "Revealed" in line]
    assert shown == list(REVEALED.values())
