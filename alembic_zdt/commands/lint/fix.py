"""``alembic-zdt lint --fix``: rewrite calls in files of revisions."""

from __future__ import annotations

from pathlib import Path

from alembic_zdt.checks.fixes.autofix import fixed
from alembic_zdt.checks.revision_finding import RevisionFinding
from alembic_zdt.commands.lint.linted import Linted
from alembic_zdt.commands.writing import write_all


def fix(linted: Linted) -> tuple[int, int]:
    """Rewrite calls that have a safe form, and count the findings and the files."""
    by_file: dict[str, list[RevisionFinding]] = {}
    for found in linted.findings:
        if found.file.endswith(".py"):
            by_file.setdefault(found.file, []).append(found)
    texts: dict[Path, str] = {}
    count = 0
    for file, findings in by_file.items():
        path = Path(file)
        try:
            source = read_text(path)
        except UnicodeDecodeError:  # another encoding, in which it is left
            continue
        text, solved = fixed(source, findings)
        if solved:
            texts[path] = text
            count += len(solved)
    write_all(texts)
    return count, len(texts)


def read_text(path: Path) -> str:
    """Return the text of a file with its line endings unchanged."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()
