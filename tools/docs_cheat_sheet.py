"""Writes ``docs/cheat-sheet.md``: a task, the calls, their locks, phases and reverses.

Locks, phases and reverses come from the code; :data:`TASKS` has the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from alembic_zdt.directives import DIRECTIVES
from alembic_zdt.errors import IrreversibleOperationError
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.phases import phase_of_call
from tools.directives import directives
from tools.docs_directives import NEWEST, directives_in
from tools.docs_locks import GROUPS
from tools.docs_readme import locks_of, one_line
from tools.markdown import NOTICE, code, table
from tools.recorded import operation_of, steps_of

COLUMNS = ("I want to", "write", "lock", "phase", "reverse")
TASKS = MappingProxyType(
    {
        "create_index_concurrently": "build an index",
        "drop_index_concurrently": "drop an index",
        "replace_index_concurrently": "change the definition of an index",
        "reindex_concurrently": "rebuild a bloated index",
        "rename_index_safely": "rename an index",
        "create_foreign_key_two_phase": "add a foreign key",
        "create_check_constraint_two_phase": "add a CHECK constraint",
        "create_unique_constraint_concurrently": "add a unique constraint",
        "create_primary_key_concurrently": "add a primary key",
        "validate_constraint": "validate a NOT VALID constraint",
        "rename_constraint_safely": "rename a constraint",
        "drop_constraint_safely": "drop a constraint",
        "expand_add_column": "add a column",
        "alter_column_safely": "change a default, a comment or a small table",
        "add_not_null_two_phase": "make a column NOT NULL",
        "drop_not_null": "allow NULL",
        "expand_drop_column": "drop a column: let old code insert without it",
        "contract_drop_column": "drop a column: remove it",
        "backfill": "fill or change existing rows",
        "expand_rename_column": "rename a column: add the new name",
        "migrate_rename_column": "rename a column: fill the new name",
        "contract_rename_column": "rename a column: remove the old name",
        "expand_rename_table": "rename a table: show both names",
        "contract_rename_table": "rename a table: remove the old name",
        "expand_alter_column_type": "change a type: add a column of the new type",
        "migrate_alter_column_type": "change a type: fill that column",
        "contract_alter_column_type": "change a type: swap the columns",
        "add_enum_value": "add a value to an enum",
        "expand_rename_enum_value": "rename an enum value: add the new type",
        "migrate_rename_enum_value": "rename an enum value: fill the new column",
        "contract_rename_enum_value": "rename an enum value: remove the old type",
        "remove_enum_value": "remove a value from an enum",
        "contract_drop_table": "drop a table",
    }
)
"""Each directive -> what it is used for."""

HEAD = """\
One row for each call, with the locks that it takes on its tables.

* **Lock**: "short" is a transaction of its own, and one attempt may block application
  queries for up to [`lock_timeout`](how-locks-are-taken.md#the-lock-timeout).
  [All statements with their locks](locks.md).
* **Phase**: run *expand* and *migrate* before the new code is deployed, and *contract*
  after every old process is gone ([phases](phases.md)). It is the phase of a revision
  that has only this call. Where a new constraint or NOT NULL would refuse what old code
  writes, declare the revision as *contract*, as [autogenerate](autogenerate.md) does.
* **Reverse**: the directive that `downgrade()` calls. "no": the call alone does not
  tell what was there before; the page of the directive says what to write.
  "not needed": there is nothing to undo."""
WITHOUT = (
    ("create a table", "`op.create_table(...)`: no other session uses it yet"),
    (
        "let a call pass that a check stops",
        '[`with op.safety_assured("reason"):`](directives/safety_assured.md)',
    ),
    (
        "stop a downgrade that would lose data",
        '[`op.irreversible("reason")`](directives/irreversible.md)',
    ),
    (
        "create, attach or detach a partition",
        (
            "what [create-partition](checks/create-partition.md),"
            " [attach-partition](checks/attach-partition.md) and"
            " [detach-partition](checks/detach-partition.md) show"
        ),
    ),
)
"""Tasks for which there is no directive."""


def page() -> str:
    """Return the page."""
    sections = [
        f"## {heading}\n\n{table(COLUMNS, _rows(names))}"
        for heading, names in GROUPS.items()
    ]
    rest = f"## Without a directive\n\n{table(COLUMNS[:2], WITHOUT)}"
    return "\n\n".join(("# Cheat sheet", NOTICE, HEAD, *sections, rest)) + "\n"


def _rows(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    examples = {d.name: d.parts.example for d in directives()}
    for name in names:
        operation = operation_of(examples[name])
        locks, _ = locks_of(steps_of(operation, NEWEST))
        written = f"[{code(one_line(examples[name]))}](directives/{name}.md)"
        phase = phase_of_call(name).value
        yield TASKS[name], written, locks, phase, _reverse(operation)


def _reverse(operation: ZdtOperation) -> str:
    try:
        reverse = operation.reverse()
    except IrreversibleOperationError:
        return "no"
    if reverse is operation:
        return "the same call"
    names = [code(f"op.{each.directive}()") for each in directives_in(reverse)]
    return ", ".join(names) or "not needed"


def missing() -> set[str]:
    """Return the directives without a task, and tasks without a directive."""
    return {*DIRECTIVES} ^ {*TASKS}
