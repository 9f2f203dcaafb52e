"""Keeps the table of tasks in ``README.md`` current; the rest is written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from alembic_zdt.steps import Step, Transaction
from tools.directives import directives
from tools.docs_directives import NEWEST
from tools.docs_locks import GROUPS
from tools.markdown import between, code, table
from tools.recorded import operation_of, steps_of

README = Path(__file__).resolve().parents[1] / "README.md"
COLUMNS = ("task", "write this", "lock taken", "blocks")
TASKS = (
    ("Build an index", ("create_index_concurrently",)),
    ("Add a unique constraint", ("create_unique_constraint_concurrently",)),
    ("Add a foreign key", ("create_foreign_key_two_phase",)),
    ("Make a column NOT NULL", ("add_not_null_two_phase",)),
    ("Fill a column", ("backfill",)),
    (
        "Rename a column",
        ("expand_rename_column", "migrate_rename_column", "contract_rename_column"),
    ),
    (
        "Change a column's type",
        (
            "expand_alter_column_type",
            "migrate_alter_column_type",
            "contract_alter_column_type",
        ),
    ),
    ("Drop a column", ("expand_drop_column", "contract_drop_column")),
)
"""A task, and the directives that do it, in order."""


def readme() -> str:
    """Return README.md with its table of tasks renewed."""
    text = README.read_text(encoding="utf-8")
    return between(text, "tasks", table(COLUMNS, task_rows()))


def task_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each task; its locks are those of docs/locks.md."""
    examples = {d.name: d.parts.example for d in directives()}
    for task, names in TASKS:
        steps = [
            step
            for name in names
            for step in steps_of(operation_of(examples[name]), NEWEST)
        ]
        written = _written([examples[name] for name in names])
        yield _linked(task, names), written, *locks_of(steps)


def _linked(task: str, names: Sequence[str]) -> str:
    (group,) = (heading for heading, all_ in GROUPS.items() if names[0] in all_)
    anchor = group.lower().replace(" ", "-")
    return f"[{task}](docs/locks.md#{anchor})"


def _written(examples: Sequence[str]) -> str:
    """Return the call, or for several phases their beginnings and the last call."""
    *phases, last = (one_line(example) for example in examples)
    beginnings = [phase.partition("_")[0] + "_..." for phase in phases]
    return ", ".join(map(code, (*beginnings, last)))


def one_line(example: str) -> str:
    """Return a call in one line."""
    return re.sub(r"(?<=\() |,? (?=\))|,(?=\)$)", "", " ".join(example.split()))


def locks_of(steps: Sequence[Step]) -> tuple[str, str]:
    """Return the distinct locks, strongest first, and what each of them blocks."""
    found: dict[str, str] = {}
    for step in sorted(steps, key=_strength, reverse=True):
        short = " (short)" if step.transaction is Transaction.SHORT else ""
        mode = step.strongest.value if step.strongest else "no table lock"
        found.setdefault(f"{mode}{short}", f"{step.blocks}{short}")
    blocks = [each for each in found.values() if each != "nothing"]
    return ", ".join(found), ", ".join(dict.fromkeys(blocks)) or "nothing"


def _strength(step: Step) -> int:
    return len(step.strongest.conflicts) if step.strongest else 0
