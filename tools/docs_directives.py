"""Writes ``docs/directives/``: one page per directive, and their index.

A page is made of the directive's docstring, the docstring of its story file, and the
steps of the call in its example.  The order of the headings is the same on each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from alembic.operations.ops import MigrateOperation, ModifyTableOps

from alembic_zdt import errors
from alembic_zdt.directives import DIRECTIVES
from alembic_zdt.errors import IrreversibleOperationError, ZdtError
from alembic_zdt.operations.base import ZdtOperation
from alembic_zdt.runner.script.render import NEVER_DONE
from alembic_zdt.steps import RelationLock, Step, Transaction
from tools.directives import Directive, all_annotations, directives, paragraphs
from tools.markdown import NOTICE, block, code, prose, reference, semantic, table
from tools.recorded import (
    VERSIONS,
    operation_of,
    repairs_of,
    steps_of,
    steps_on_partitioned,
    stock_of,
)

NEWEST = VERSIONS[-1]
COLUMNS = ("", "statement", "lock", "blocks", "reads the whole table", "transaction")
TRANSACTIONS = {
    Transaction.SHORT: "short",
    Transaction.AUTOCOMMIT: "none",
    Transaction.REVISION: "the revision's",
    Transaction.BATCHES: "one for each batch",
}
HEADINGS = (
    "What it does",
    "Instead of",
    "Write",
    "What runs",
    "If it fails halfway",
    "Reverse",
    "Offline",
    "Notes per PostgreSQL version",
    "See also",
)
ALSO = {
    "irreversible": ("../checks/empty-downgrade.md",),
    "safety_assured": ("../guard.md", "../lint.md"),
}
REMARK_HEADINGS = ("What it does", "Write", "See also")
HOW_TO_READ = """\
How a short transaction takes its locks:
[how locks are taken](../how-locks-are-taken.md).
What is written by `--sql`: [offline](../offline.md).
What each step would do in your project: [plan](../plan.md)."""
OPTIONS = """\
A call with an option that its directive does not have is refused before it begins,
and the [error](../errors.md#usage) names the option that is most like it.
If `upgrade()` only calls operations, it is refused before its first call.
Directives run on PostgreSQL only,
so the options of other databases are refused too, such as `sqlite_where`,
which Alembic accepts and ignores.
With `from alembic_zdt import op` a type checker finds such calls,
and an editor completes the options."""
RUN_AGAIN = """\
Run the same command again.
Each step is skipped when its effect is there already,
and what it left unfinished is repaired."""
OFFLINE = """\
`--sql` writes these steps.
How the script asks whether a step is done already depends on its
[flavour](../offline.md)."""
ASKED = """\
What is asked online before the steps are chosen, and cannot be asked when a script is
written:"""
SHORT = """\
A short transaction takes its locks under the
[lock strategy](../how-locks-are-taken.md):
the whole try, waiting and running, is ended after `lock_timeout`."""
CONCURRENT = """\
A `CONCURRENTLY` statement waits for every older transaction,
and blocks neither reads nor writes while it waits."""


def pages() -> dict[str, Callable[[], str]]:
    """Path -> the function that makes the page."""
    made: dict[str, Callable[[], str]] = {"docs/directives/index.md": index}
    for name in DIRECTIVES:
        made[f"docs/directives/{name}.md"] = partial(page, name)
    for annotation in all_annotations():
        made[f"docs/directives/{annotation.name}.md"] = partial(
            annotation_page, annotation
        )
    return made


def index() -> str:
    """Return the list of all directives."""
    names = "\n".join(d.name for d in (*directives(), *all_annotations()))
    return "\n\n".join(
        (
            "# Directives",
            NOTICE,
            table(("directive", "what it does"), _index_rows(directives())),
            HOW_TO_READ,
            OPTIONS,
            "Two calls run nothing:",
            table(("call", "what it does"), _index_rows(all_annotations())),
            f"```{{toctree}}\n:hidden:\n\n{names}\n```\n",
        )
    )


def _index_rows(found: Sequence[Directive]) -> Iterator[tuple[str, str]]:
    for each in found:
        words = prose(next(paragraphs(each.parts.text)))
        yield f"[`{each.name}`]({each.name}.md)", words


def annotation_page(annotation: Directive) -> str:
    """Return the page of an annotation."""
    _, *told = annotation.story.split("\n\n")
    what = "\n\n".join((_what_it_does(annotation), _paragraphs("\n\n".join(told))))
    texts = (what, _write(annotation), _see_also(annotation))
    sections = zip(REMARK_HEADINGS, texts, strict=True)
    body = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections)
    return f"# {annotation.name}\n\n{NOTICE}\n\n{body}\n"


def page(name: str) -> str:
    """Return the page of one directive."""
    (directive,) = (d for d in directives() if d.name == name)
    operation = operation_of(directive.parts.example)
    texts = (
        _what_it_does(directive),
        _instead_of(directive),
        _write(directive),
        _what_runs(operation),
        _if_it_fails(operation),
        _reverse(operation),
        _offline(operation),
        _per_version(operation),
        _see_also(directive),
    )
    sections = zip(HEADINGS, texts, strict=True)
    body = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections)
    return f"# {name}\n\n{NOTICE}\n\n{body}\n"


def _what_it_does(directive: Directive) -> str:
    return _paragraphs(directive.parts.text)


def _paragraphs(text: str) -> str:
    found = (p for p in paragraphs(text) if not p.startswith("https://"))
    return "\n\n".join(semantic(prose(p)) for p in found)


def _instead_of(directive: Directive) -> str:
    instead = directive.parts.instead
    stock = stock_of(instead)
    parts = [block(instead)]
    if stock.locks is not None:
        locks = " and ".join(map(_lock_words, stock.locks.locks))
        scans = " and ".join(map(code, stock.locks.scans))
        reads = f", and reads {scans} from end to end under this lock" if scans else ""
        caution = f" Note: {stock.locks.caution}." if stock.locks.caution else ""
        parts.append(semantic(f"It takes {locks}{reads}.{caution}"))
    # The first paragraph of a story names it, the others tell it.
    _, *told = directive.story.split("\n\n")
    parts.append(_paragraphs("\n\n".join(told)))
    return "\n\n".join(parts)


def _lock_words(lock: RelationLock) -> str:
    return f"{lock.mode.value} on {code(lock.relation)} (blocks {lock.mode.blocks})"


def _write(directive: Directive) -> str:
    parts = directive.parts
    rows = [(code(name), prose(text)) for name, text in parts.arguments.items()]
    options = table(("argument", "what it is"), rows)
    return f"{block(parts.example)}\n\n{options}"


def _what_runs(operation: ZdtOperation) -> str:
    ordinary = steps_of(operation, NEWEST)
    parts = [f"On PostgreSQL {NEWEST}:", _step_table(ordinary)]
    if any(step.transaction is Transaction.SHORT for step in ordinary):
        parts.append(SHORT)
    if any(step.waits_for_snapshots for step in ordinary):
        parts.append(CONCURRENT)
    return "\n\n".join((*parts, *_on_partitioned(operation)))


def _step_table(steps: Sequence[Step]) -> str:
    return table(COLUMNS, [step_row(n, step) for n, step in enumerate(steps, 1)])


def step_row(first: int | str, step: Step) -> tuple[str, ...]:
    """Return the row of a lock table."""
    locks = ", ".join(_where(lock) for lock in step.locks) or "no table lock"
    return (
        str(first),
        " ".join(code(f"{statement};") for statement in step.statements),
        locks,
        step.blocks,
        ", ".join(map(code, step.scans)) or "no",
        TRANSACTIONS[step.transaction],
    )


def _where(lock: RelationLock) -> str:
    kind = "index " if lock.kind == "index" else ""
    tree = " and its partitions" if lock.tree else ""
    return f"{lock.mode.value} on {kind}{code(lock.relation)}{tree}"


def _on_partitioned(operation: ZdtOperation) -> Iterator[str]:
    found = steps_on_partitioned(operation, NEWEST)
    if isinstance(found, ZdtError):
        yield f"On a partitioned table it refuses: {found.primary}."
        yield semantic(f"{found.detail} {found.hint}")
    elif found:
        yield "On a partitioned table, here with one partition:"
        yield _step_table(found)


def _if_it_fails(operation: ZdtOperation) -> str:
    rows = [_failure_row(*pair) for pair in enumerate(steps_of(operation, NEWEST), 1)]
    return "\n\n".join(
        (
            RUN_AGAIN,
            table(("", "step", "skipped when", "undone at once when it fails"), rows),
        )
    )


def _failure_row(number: int, step: Step) -> tuple[str, ...]:
    skipped = "never" if step.skip_if.done == NEVER_DONE else step.skip_if.description
    undone = "; ".join(repairs_of(step, NEWEST)) or "nothing"
    return str(number), step.purpose, skipped, undone


def _reverse(operation: ZdtOperation) -> str:
    try:
        reverse = operation.reverse()
    except IrreversibleOperationError as error:
        return semantic(f"{error.detail} {error.hint}")
    if reverse is operation:
        return "The same call, which finds its work done and is skipped."
    calls = [each.call for each in directives_in(reverse)]
    return block("\n".join(calls)) if calls else "Nothing: there is nothing to undo."


def directives_in(reverse: MigrateOperation) -> list[ZdtOperation]:
    """Return the directives of a reverse, which is one or holds several."""
    held = reverse.ops if isinstance(reverse, ModifyTableOps) else [reverse]
    return [each for each in held if isinstance(each, ZdtOperation)]


def _offline(operation: ZdtOperation) -> str:
    asked = dict.fromkeys(
        prose((question.__doc__ or "").split("\n\n")[0])
        for question in operation.questions()
    )
    if not asked:
        return OFFLINE
    questions = "\n".join(f"* {question}" for question in asked)
    return f"{OFFLINE}\n\n{ASKED}\n\n{questions}"


def _per_version(operation: ZdtOperation) -> str:
    groups = _alike(operation)
    notes = []
    if operation.builds_index:
        notes.append(
            "14.0 to 14.3 are refused: "
            "they can corrupt indexes that are built concurrently."
        )
    if len(groups) == 1:
        notes.append(
            f"The steps on an ordinary table are the same on {_span(VERSIONS)}."
        )
    else:
        notes += [
            f"PostgreSQL {_span(majors)}:\n\n{_step_table(steps)}"
            for majors, steps in groups
            if NEWEST not in majors
        ]
    return "\n\n".join((*notes, *_partitioned_notes(operation)))


def _alike(operation: ZdtOperation) -> list[tuple[list[int], Sequence[Step]]]:
    def statements(major: int) -> list[str]:
        return [step.sql for step in steps_of(operation, major)]

    groups = [list(majors) for _, majors in groupby(VERSIONS, key=statements)]
    return [(majors, steps_of(operation, majors[0])) for majors in groups]


def _partitioned_notes(operation: ZdtOperation) -> Iterator[str]:
    oldest = VERSIONS[0]
    newest_steps = steps_on_partitioned(operation, NEWEST)
    steps = steps_on_partitioned(operation, oldest)
    if isinstance(steps, ZdtError) or isinstance(newest_steps, ZdtError):
        return
    if [s.sql for s in steps] == [s.sql for s in newest_steps]:
        return
    yield f"On a partitioned table of PostgreSQL {oldest}:"
    yield _step_table(steps)


def _span(majors: Sequence[int]) -> str:
    return f"{majors[0]} to {majors[-1]}" if majors[1:] else str(majors[0])


def _see_also(directive: Directive) -> str:
    raised = [
        f"* [`{name}`](../errors.md#{_anchor(name)}): {prose(text)}"
        for name, text in directive.parts.raises.items()
    ]
    others = [f"* [`{name}`]({name}.md)" for name in directive.neighbours]
    manual = f"* {reference(directive.parts.link)}"
    pages = [f"* [{Path(p).stem}]({p})" for p in ALSO.get(directive.name, ())]
    return "\n".join((*others, *raised, *pages, manual))


def _anchor(name: str) -> str:
    return str(getattr(errors, name).anchor)
