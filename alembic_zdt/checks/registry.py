"""All checks, by their ids."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from alembic_zdt.checks import rules
from alembic_zdt.checks.check import Check


@cache
def all_checks() -> Mapping[str, Check]:
    """Those of the folder ``rules``: a file is a check."""
    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(rules.__path__):
        check = importlib.import_module(f"{rules.__name__}.{module.name}").CHECK
        found[check.id] = check
    return MappingProxyType(dict(sorted(found.items())))
