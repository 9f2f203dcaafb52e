"""The typed face, as mypy --strict and pyright see it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CASES = ("tests/typing/right_calls.py", "tests/typing/wrong_calls.py")

MODE = "mode: Literal['inline'] | Literal['background'] ="
REVEALED = {
    "add_enum_value": "def (enum_name: str, value: str, *, before: str | None =,"
    " after: str | None =, schema: str | None =)",
    "create_index_concurrently": "def (index_name: str | None, table_name: str,"
    " columns: typing.Sequence[str | sqlalchemy.sql.elements.TextClause |"
    " sqlalchemy.sql.elements.ColumnElement[Any]], *, schema: str | None =,"
    " unique: bool =, postgresql_include: typing.Sequence[str] | None =,"
    " postgresql_nulls_not_distinct: bool | None =,"
    " postgresql_ops: typing.Mapping[str, str] | None =,"
    " postgresql_tablespace: str | None =, postgresql_using: str | None =,"
    " postgresql_where: str | sqlalchemy.sql.elements.ColumnElement[bool] |"
    " sqlalchemy.sql.elements.TextClause | None =,"
    " postgresql_with: typing.Mapping[str, str | float] | None =,"
    " if_not_exists: bool | None =, postgresql_concurrently: bool =,"
    f" {MODE}, window: str | None =, approve: bool =)",
    "drop_constraint_safely": "def (constraint_name: str, table_name: str,"
    " type_: str | None =, *, schema: str | None =, if_exists: bool =)",
    "get_bind": "def () -> sqlalchemy.engine.base.Connection",
    "drop_index_concurrently": "def (index_name: str, table_name: str | None =,"
    " *, schema: str | None =, if_exists: bool =,"
    f" {MODE},"
    " window: str | None =, approve: bool =)",
    "validate_constraint": "def (constraint_name: str, table_name: str, *,"
    f" schema: str | None =, {MODE}, window: str | None =, approve: bool =)",
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


def test_stub_lists_every_option_by_name() -> None:
    """A checker finds a misspelled one, and an editor completes the others."""
    stub = ast.parse((ROOT / "alembic_zdt/op.pyi").read_text())
    functions = [node for node in stub.body if isinstance(node, ast.FunctionDef)]

    assert {each.name for each in functions} == {*DIRECTIVES, *ANNOTATIONS}
    assert [
        each.name for each in functions if each.args.kwarg or each.args.vararg
    ] == []


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
