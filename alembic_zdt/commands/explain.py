"""The pages of errors and checks, which the package contains.

``tools/explanations.py`` makes their file from the pages of the documentation.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files

from alembic_zdt import errors
from alembic_zdt.checks.check_definition import Check
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.errors import UsageError, ZdtError

PAGES = "explanations.md"
MARKER = "<!-- page: {} -->"
_MARKER = re.compile(r"^<!-- page: (\S+) -->\n", re.MULTILINE)


def page(name: str) -> str:
    """Return the page of an error or a check.

    Args:
        name: the id of a check, or an error's id or class name.

    Raises:
        UsageError: no error and no check has this name.
    """
    pages, checks = _pages(), all_checks()
    anchor = _anchors().get(name, name)
    if anchor in pages:
        return pages[anchor]
    if name in checks:
        return "\n".join(_of_another_package(checks[name]))
    near = _nearest(name, {**pages, **checks, **_anchors()})
    raise UsageError(
        f'there is no error and no check "{name}"',
        detail=f"The nearest ids are {', '.join(near)}.",
        hint=f"Run alembic-zdt explain {near[0]}.",
    )


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return ids that are spelled like the name, and ids that contain it."""
    like = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    containing = [each for each in known if name and name.lower() in each.lower()]
    return [*dict.fromkeys((*like, *containing[:4]))] or [ZdtError.anchor]


def _pages() -> Mapping[str, str]:
    text = files(__package__).joinpath(PAGES).read_text(encoding="utf-8")
    _, *parts = _MARKER.split(text)
    return {
        name: content.strip()
        for name, content in zip(parts[::2], parts[1::2], strict=True)
    }


def _anchors() -> Mapping[str, str]:
    """Return the id of each error by the name of its class."""
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    return {
        each.__name__: each.anchor for each in classes if issubclass(each, ZdtError)
    }


def _of_another_package(check: Check) -> Iterator[str]:
    yield f"# {check.id}\n\n{check.reason}\n"
    yield f"## Bad\n\n```python\n{check.bad}\n```\n\n## Good"
    yield from (f"\n```python\n{each}\n```" for each in check.good_revisions)
