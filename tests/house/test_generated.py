"""The generated files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import generate

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", generate.GENERATED)
def test_generated_file_is_what_the_code_makes(path):
    """It is in the repository, and nobody edited it or forgot to make it anew."""
    assert (ROOT / path).read_text() == generate.GENERATED[path]()


def test_check_names_a_stale_file_and_fails(monkeypatch, capsys):
    """``--check`` writes nothing, says which file is stale, and exits with 1."""
    stale = {"tools/nowhere.txt": lambda: "text"}
    monkeypatch.setattr(generate, "GENERATED", stale)

    assert generate.main(["--check"]) == 1

    said = "stale: tools/nowhere.txt\nrun: python -m tools.generate\n"
    assert capsys.readouterr().out == said
    assert not (ROOT / "tools/nowhere.txt").exists()
