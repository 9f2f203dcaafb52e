"""``docs/contributing.md`` lists the files that contain one operation."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.test_house import committed_files

ROOT = Path(__file__).resolve().parents[2]
NAMES = re.compile("rename_index_safely|RenameIndexSafelyOp|op.rename_index")


def listed():
    """Return the files in the table of the page."""
    page = (ROOT / "docs" / "contributing.md").read_text()
    _, _, rest = page.partition("### The files of one operation\n")
    table = "\n".join(re.findall("^\\|.*", rest.partition("\n## ")[0], re.MULTILINE))
    return {
        each for each in re.findall("`([^`]+)`", table) if "/" in each or "." in each
    }


def test_files_of_the_operation_contain_it():
    """Each is there, and names the directive or its operation."""
    without = [
        name
        for name in sorted(listed())
        if not (ROOT / name).is_file() or not NAMES.search((ROOT / name).read_text())
    ]

    assert without == []
    assert len(listed()) > 15


def test_files_of_the_package_and_the_tools_are_listed():
    """What a contributor has to change is not left out."""
    found = {
        str(path.relative_to(ROOT))
        for path in committed_files()
        if path.relative_to(ROOT).parts[0] in {"alembic_zdt", "tools"}
        and path.suffix in {".py", ".pyi", ".sql"}
        and NAMES.search(path.read_text())
    }

    assert found - listed() == set()
