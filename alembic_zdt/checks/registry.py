"""All checks by their ids, including the checks of other packages.

https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from alembic_zdt.checks import rules
from alembic_zdt.checks.check_definition import Check
from alembic_zdt.errors import UsageError

GROUP = "alembic_zdt.checks"


@cache
def all_checks() -> Mapping[str, Check]:
    """Return the checks of the folder ``rules``, one per file, and of entry points.

    Raises:
        UsageError: an entry point names no check, or a check whose id is taken.
    """
    found = {check.id: check for check in own_checks()}
    for entry in entry_points(group=GROUP):
        check = _loaded(entry)
        if check.id in found:
            raise _refused(entry, f'There is a check "{check.id}" already.')
        found[check.id] = check
    return MappingProxyType(dict(sorted(found.items())))


def own_checks() -> Iterator[Check]:
    """Yield the checks of this package."""
    for module in pkgutil.iter_modules(rules.__path__):
        check: Check = importlib.import_module(f"{rules.__name__}.{module.name}").CHECK
        yield check


def is_own(check: Check) -> bool:
    """Check whether the function of a check is in this package."""
    return check.look.__module__.startswith("alembic_zdt.")


def _loaded(entry: EntryPoint) -> Check:
    try:
        check = entry.load()
    except Exception as error:
        raise _refused(entry, f"{type(error).__name__}: {error}.") from error
    if not isinstance(check, Check):
        raise _refused(entry, f"The object is a {type(check).__name__}, not a Check.")
    return check


def _refused(entry: EntryPoint, why: str) -> UsageError:
    package = entry.dist.name if entry.dist else "a package"
    return UsageError(
        f'the check "{entry.name}" of {package} cannot be used',
        detail=why,
        hint=(
            f"Correct {entry.value}, or remove the entry point from the group {GROUP}."
        ),
    )
