"""Let a plain ``alembic upgrade`` end before a contract that must wait."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.alembic_compat.config_values import OURS
from alembic_zdt.alembic_compat.hooks import LeaveOutError
from alembic_zdt.errors import GateClosedError
from alembic_zdt.phases import Phase, phase_of
from alembic_zdt.printable import printable
from alembic_zdt.runner.run_events import gate_closed
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.settings import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def may_leave_out(context: MigrationContext, settings: Settings) -> bool:
    """Return whether the run may end before a contract.

    Args:
        context: the migration context of the run.
        settings: the settings of the run.
    """
    attributes = getattr(context.config, "attributes", {})
    return settings.stock_upgrade == "before-contract" and OURS not in attributes


def leave_out(context: MigrationContext, revision: Any, error: GateClosedError) -> None:
    """Skip a contract in this run, and print a message.

    Args:
        context: the migration context of the run.
        revision: the contract.
        error: the reason.

    Raises:
        LeaveOutError: always.
    """
    run_state(context).left[revision.revision] = error
    gate_closed(error)
    _say(
        f"{error.primary}; this run leaves it out. When the old processes are gone, "
        "run: alembic-zdt upgrade"
    )
    raise LeaveOutError


def leave_out_what_follows(context: MigrationContext, revision: Any) -> None:
    """Skip a revision that depends on a skipped one.

    Args:
        context: the migration context of the run.
        revision: the revision that is next.

    Raises:
        LeaveOutError: it is a contract, too.
        GateClosedError: it is an expand or a migrate, which new code needs.
    """
    left = run_state(context).left
    behind = [name for name in contexts.below(revision) if name in left]
    if not behind:
        return
    first = left[behind[0]]
    left[revision.revision] = first
    if phase_of(revision) is Phase.CONTRACT:
        _say(f'left out revision "{revision.revision}": it depends on "{behind[0]}"')
        raise LeaveOutError
    contract = first.revision
    raise GateClosedError(
        f'revision "{revision.revision}" comes after contract "{contract}", which '
        "must wait",
        detail=first.detail,
        hint="Deploy the code of the last release everywhere and end all older "
        "processes, then upgrade again.",
        revision=revision.revision,
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{printable(line)}\n")
