"""What ``make build`` complains of."""

from __future__ import annotations

import zipfile

import pytest

from tools import check_build
from tools.check_build import BuildError, missing_files, raise_on, stray_files


def test_missing_files_are_named():
    assert missing_files(("a/py.typed", "a/b"), ["a/b"]) == ["a/py.typed is missing"]


@pytest.mark.parametrize(
    "name",
    ["tests/conftest.py", "benchmarks/stall.py", "alembic_zdt/__pycache__/a.pyc"],
)
def test_file_that_a_wheel_must_not_have_is_named(name):
    found = ["alembic_zdt/op.pyi", "alembic_zdt-0.1.0.dist-info/RECORD", name]

    assert stray_files(found, "alembic_zdt") == [f"{name} does not belong there"]


def test_complaints_are_one_error():
    with pytest.raises(BuildError, match=r"^a is missing; b does not belong there$"):
        raise_on(["a is missing"], [], ["b does not belong there"])
    raise_on([], [])


def test_long_description_is_read_from_the_wheel(tmp_path):
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "a.dist-info/METADATA", "Metadata-Version: 2.4\nName: a\n\n# A\n\n[b](c)\n"
        )

    assert check_build.long_description(wheel) == "# A\n\n[b](c)\n"


def test_failed_command_is_reported_with_what_it_said(tmp_path):
    with pytest.raises(BuildError) as caught:
        check_build.run("sh", "-c", "echo no; exit 3", cwd=tmp_path)

    said = "sh -c echo no; exit 3 ended with exit code 3:\nno\n"
    assert str(caught.value) == said


def test_files_that_are_asked_for_exist():
    """The lists of contents name files of the repository."""
    made = {"PKG-INFO"}
    names = {*check_build.IN_WHEEL, *check_build.IN_SDIST} - made
    assert [name for name in names if not (check_build.ROOT / name).exists()] == []
