"""Draws ``docs/pictures/house.svg``: the layers that ``pyproject.toml`` has.

No module imports one of a higher row.  ``make lint`` checks that.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "alembic_zdt"

WIDTH, ROW, BOX, GAP, LETTER = 860, 44, 30, 8, 7.6
STYLE = """\
text { font: 13px ui-monospace, monospace; fill: #1f2937; text-anchor: middle }
.note { font: italic 12px sans-serif; fill: #6b7280 }
rect { fill: #f3f4f6; stroke: #6b7280; rx: 4px }
.folder { fill: #dbeafe; stroke: #2563eb }"""


def layers() -> list[list[str]]:
    """Return the names in each layer, the top one first."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    found = next(each["layers"] for each in contracts if each["id"] == "layers")
    return [re.findall(r"\w+", layer) for layer in found]


def outside(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the folders and modules that have no layer."""
    known = {name for row in rows for name in row}
    paths = [path for path in PACKAGE.iterdir() if _is_module(path)]
    return sorted(path.stem for path in paths if path.stem not in known)


def _is_module(path: Path) -> bool:
    if path.is_dir():
        return (path / "__init__.py").exists()
    return path.suffix == ".py" and not path.name.startswith("__")


def picture() -> str:
    """Return the picture as SVG."""
    rows = layers()
    beside = outside(rows)
    height = (len(rows) + 1) * ROW + 2 * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" style="fill: white; stroke: none"/>',
        _note("no module imports one of a higher row; folders are blue", 0),
    ]
    for number, names in enumerate(rows, 1):
        parts += _row(names, number)
    parts.append(_note("without a row", len(rows) + 1))
    parts += _row(beside, len(rows) + 2)
    return "\n".join((*parts, "</svg>", ""))


def _note(text: str, row: int) -> str:
    return f'<text class="note" x="{WIDTH / 2}" y="{row * ROW + 28}">{text}</text>'


def _row(names: Sequence[str], number: int) -> Iterator[str]:
    widths = [len(_label(name)) * LETTER + 16 for name in names]
    left = (WIDTH - sum(widths) - GAP * (len(names) - 1)) / 2
    for name, width in zip(names, widths, strict=True):
        yield _box(name, left, number * ROW + 8, width)
        left += width + GAP


def _box(name: str, x: float, y: float, width: float) -> str:
    kind = ' class="folder"' if _is_folder(name) else ""
    return (
        f'<rect{kind} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX}"/>'
        f'<text x="{x + width / 2:.1f}" y="{y + 20:.1f}">{escape(_label(name))}</text>'
    )


def _label(name: str) -> str:
    return f"{name}/" if _is_folder(name) else name


def _is_folder(name: str) -> bool:
    return (PACKAGE / name).is_dir()
