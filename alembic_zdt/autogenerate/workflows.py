"""Workflows that a revision has begun and no revision has ended.

A revision that was written by hand may compute its names.  So each revision is run, and
each of its operations is intercepted before it does anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

from alembic_zdt import registration
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.phases import directives_of
from alembic_zdt.runner.script.kept_directives import KeptDirectives, keeping
from alembic_zdt.runner.script.offline_contexts import offline_context

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

log = logging.getLogger("alembic_zdt")

_BEGUN = "expand_"
_ENDED = "contract_"


def open_workflows(
    script: ScriptDirectory,
) -> list[tuple[Script, ZdtOperation, ZdtOperation]]:
    """Return each revision that began a workflow, with its expand and its contract."""
    registration.register()
    begun: list[tuple[Script, ZdtOperation, ZdtOperation]] = []
    for revision in reversed(list(script.walk_revisions())):
        for op in _operations(revision):
            end = _end_of(op)
            if end is not None:
                begun.append((revision, op, end))
            begun = [each for each in begun if each[2].call != op.call]
    return begun


def _end_of(op: ZdtOperation) -> ZdtOperation | None:
    """Return the contract of an expand, None for any other operation."""
    contract: Callable[[], ZdtOperation] | None = getattr(op, "contract", None)
    return contract() if contract else None


def _operations(revision: Script) -> list[ZdtOperation]:
    names = [name for name, _ in directives_of(revision)]
    if not any(name.startswith((_BEGUN, _ENDED)) for name in names):
        return []
    try:
        return _called(revision)
    except Exception as error:  # noqa: BLE001  # a revision may raise anything
        log.warning(
            "cannot tell which workflows revision %s begins or ends: %s: %s",
            revision.revision,
            type(error).__name__,
            error,
        )
        return []


def _called(revision: Script) -> list[ZdtOperation]:
    kept = KeptDirectives(runs_others=False)
    with keeping(offline_context(), kept):
        for upgrade in _upgrades(revision.module):
            upgrade()
    return kept.found


def _upgrades(module: Any) -> list[Callable[[], Any]]:
    """Return the one upgrade function, or one for each database of ``multidb``."""
    if not signature(module.upgrade).parameters:
        return [module.upgrade]
    return [each for name, each in vars(module).items() if name.startswith("upgrade_")]
