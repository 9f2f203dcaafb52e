"""Writes ``docs/locks.md``: every statement of every directive, with its lock.

A cell shows one statement in one line.  ``alembic-zdt plan`` and the page of a
directive show the statements in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from alembic_zdt.steps import Step
from tools.directives import directives
from tools.docs_directives import NEWEST, step_row
from tools.markdown import NOTICE, code, table
from tools.recorded import operation_of, steps_of

WIDEST_CELL = 100
COLUMNS = ("directive", "statement", "lock", "blocks", "full scan", "transaction")

GROUPS = MappingProxyType(
    {
        "Indexes": (
            "create_index_concurrently",
            "drop_index_concurrently",
            "replace_index_concurrently",
            "reindex_concurrently",
            "rename_index_safely",
        ),
        "Constraints": (
            "create_foreign_key_two_phase",
            "create_check_constraint_two_phase",
            "create_unique_constraint_concurrently",
            "create_primary_key_concurrently",
            "validate_constraint",
            "rename_constraint_safely",
            "drop_constraint_safely",
        ),
        "Columns": (
            "expand_add_column",
            "alter_column_safely",
            "add_not_null_two_phase",
            "drop_not_null",
            "expand_drop_column",
            "contract_drop_column",
        ),
        "Rows": ("backfill",),
        "Renames": (
            "expand_rename_column",
            "migrate_rename_column",
            "contract_rename_column",
            "expand_rename_table",
            "contract_rename_table",
        ),
        "Column types": (
            "expand_alter_column_type",
            "migrate_alter_column_type",
            "contract_alter_column_type",
        ),
        "Enums": (
            "add_enum_value",
            "expand_rename_enum_value",
            "migrate_rename_enum_value",
            "contract_rename_enum_value",
            "remove_enum_value",
        ),
        "Tables": ("contract_drop_table",),
    }
)
"""Heading -> the directives below it, in the order in which they are used."""

HEAD = f"""\
What each directive runs on PostgreSQL {NEWEST}, and which lock it takes.
The rows are made from the code that runs the steps, for the example on the directive's
page.

* **Statement**: one line of at most {WIDEST_CELL} characters. `…` marks what is left
  out, "and 4 more" the other statements of the same transaction.
  [`alembic-zdt plan`](plan.md) shows every statement in full for your revisions,
  [the page of a directive](directives/index.md) for its example.
* **Blocks**: what other sessions cannot do while the lock is held. An `UPDATE`
  also locks the rows that it changes until its transaction ends.
* **Full scan**: the tables that are read from end to end under that lock.
* **Transaction**: `short` is a transaction of its own. One attempt may block
  application queries for up to
  [`lock_timeout`](how-locks-are-taken.md#the-lock-timeout).
  `none` runs outside of a transaction.
* **`<hash>`**: part of a name that is derived from table and column, such as
  `zdt_sync_<hash>`.

A step is skipped when its effect is there already.
A drop is not skipped for a name that does not exist: that is an error, unless the call
has `if_exists=True`, or the log of revisions has the drop of an interrupted run.
A contract can end a window in either direction, so it has rows for both, and runs one.
An `UPDATE` that sets the new column to itself lets the trigger fill it.
`DROP INDEX` before a build runs only after an interrupted build, which leaves an
INVALID index."""

_DERIVED = re.compile(r"\b((?:zzz_)?zdt_[a-z]+)_[\w ]*?[0-9a-f]{8}\b")
_BODY = re.compile(r"\s(?:AS \$|RETURN (?=CAST|CASE)).*")
_CHANGE = re.compile(r"ALTER TABLE \S+ (?:ADD COLUMN|DROP COLUMN|RENAME)\b")


def page() -> str:
    """Return the page."""
    examples = {d.name: d.parts.example for d in directives()}
    sections = [
        f"## {heading}\n\n{table(COLUMNS, _rows(names, examples))}"
        for heading, names in GROUPS.items()
    ]
    return "\n\n".join(("# Locks", NOTICE, HEAD, *sections)) + "\n"


def _rows(names: Sequence[str], examples: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for name in names:
        link = f"[{code(name)}](directives/{name}.md)"
        for step in steps_of(operation_of(examples[name]), NEWEST):
            first, _, *others = step_row(link, step)
            yield first, statement_cell(step), *map(without_hashes, others)
            link = ""


def statement_cell(step: Step) -> str:
    """Return the statement that changes the table, and how many run with it."""
    chosen = _telling(step.statements)
    count = len(step.statements) - 1
    more = f" and {count} more" if count else ""
    room = WIDEST_CELL - len(more) - len("``")
    return code(_cut(f"{chosen};", room)) + more


def _telling(statements: Sequence[str]) -> str:
    """Return the last change of the table, or else the first statement."""
    changes = [each for each in statements if _CHANGE.match(each)]
    plain = [each for each in statements if not each.startswith("DO ")]
    return one_line([*statements[:1], *plain[:1], *changes[-1:]][-1])


def one_line(statement: str) -> str:
    """Return a statement in one line, without the body of a function."""
    return _BODY.sub(" …", without_hashes(" ".join(statement.split())))


def _cut(text: str, room: int) -> str:
    """Return the words that fit into *room*."""
    return text if len(text) <= room else f"{text[: room - 1].rpartition(' ')[0]} …"


def without_hashes(text: str) -> str:
    """Return the text with derived names as ``zdt_sync_<hash>``."""
    return _DERIVED.sub(r"\1_<hash>", text)
