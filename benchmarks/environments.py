"""Two virtual environments that differ in one thing: whether the package is installed.

Both hold links to everything in the environment we run in; one of them also holds the
package and the metadata that an installer would write, entry points included.
"""

from __future__ import annotations

import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "alembic_zdt"


def make_both(folder: Path) -> tuple[Path, Path]:
    """Return the interpreters of both: with the package, without."""
    with_us, without = (_make(folder / name) for name in ("with", "without"))
    _install(_site_packages(folder / "with"))
    return with_us, without


def _make(folder: Path) -> Path:
    venv.create(folder, symlinks=True)
    target = _site_packages(folder)
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not _is_ours(entry.name):
            (target / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


def _site_packages(folder: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / "lib" / version / "site-packages"


def _is_ours(name: str) -> bool:
    """Say whether a file is the package, its metadata or its editable link."""
    return PACKAGE in name.lower().replace("-", "_")


def _install(target: Path) -> None:
    (target / PACKAGE).symlink_to(ROOT / PACKAGE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    metadata = target / f"{PACKAGE}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\n"
        f"Name: {project['name']}\n"
        f"Version: {project['version']}\n"
    )
    (metadata / "entry_points.txt").write_text(_entry_points(project))


def _entry_points(project: dict[str, dict[str, dict[str, str]]]) -> str:
    lines = []
    for group, entries in project.get("entry-points", {}).items():
        lines.append(f"[{group}]")
        lines += [f"{name} = {target}" for name, target in entries.items()]
    return "\n".join(lines) + "\n"
