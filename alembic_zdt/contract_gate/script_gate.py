"""Let a ``--sql`` script refuse a contract whose expand is in the same script.

The script is one run, so every other session that may use the table is older than the
expand.  A script does not know when an expand of another run was applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic_zdt.catalog.client_sessions import Harmless, are_connected
from alembic_zdt.catalog.writers import written
from alembic_zdt.contract_gate.calls import Touched, as_call
from alembic_zdt.contract_gate.expands import begins
from alembic_zdt.contract_gate.revision_gate import is_off
from alembic_zdt.errors import GateClosedError, ZdtError
from alembic_zdt.runner.configuration import settings_of
from alembic_zdt.runner.harmless_sessions import harmless_of
from alembic_zdt.runner.run_state import run_state
from alembic_zdt.steps import Precondition, Row

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def script_gate(context: MigrationContext, operation: Any) -> Sequence[Precondition]:
    """Return the preconditions that a script checks before an operation.

    Args:
        context: the migration context of the script.
        operation: the operation that is written next.
    """
    run, call = run_state(context), as_call(operation)
    known, run.calls = run.calls, [*run.calls, call]
    settings = settings_of(context)
    if not (call.is_contract or call.tightens) or is_off(settings):
        return ()
    adding = [each for each in known if begins(each, call)]
    has_default = not call.is_contract and all(each.has_default for each in adding)
    if not (call.tables and adding) or (has_default and not call.drops_default):
        return ()
    return (_nobody_else(call, harmless_of(settings)),)


def _nobody_else(call: Touched, harmless: Harmless) -> Precondition:
    table, *_ = call.tables
    words = "'its expand is in the same script, and others may use the table'"

    def refused(_rows: Sequence[Row]) -> ZdtError:
        return GateClosedError(
            f'the expand of "{table.label}" is in the same script',
            detail="The table has rows, and sessions that may use it are connected.",
            hint="Run the script in two parts. If no other session uses the "
            "database, write the script with -x zdt.old_sessions=ignore.",
            table=table.label,
        )

    # A view of a window shows rows of a table that has another name meanwhile.
    rows = (
        f"EXISTS (WITH RECURSIVE {written(*call.tables)} SELECT FROM written t"
        " JOIN pg_catalog.pg_class c ON c.oid = t.oid"
        " WHERE c.relkind = 'v' OR pg_catalog.pg_relation_size(c.oid) > 0)"
    )
    others = are_connected(call.tables, harmless)
    return Precondition(f"SELECT {words} WHERE {rows} AND {others}", refused)
