"""The pieces of a ``--sql`` script.

Temporary procedures at the head of the script (``preamble.sql``) hold what all steps
share, such as the waiting for locks.  A step is a call with its skip condition,
its locks and its statement.
https://www.postgresql.org/docs/current/plpgsql-transactions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from alembic_zdt.catalog import column_definition as column_sql
from alembic_zdt.catalog import constraint as constraint_sql
from alembic_zdt.catalog import index as index_sql
from alembic_zdt.names import quote
from alembic_zdt.qualified import qualified
from alembic_zdt.runner.transactions import do_block
from alembic_zdt.server_facts import EACH_BRANCH, EACH_LEAF, EACH_PARENT
from alembic_zdt.settings import Settings, milliseconds, seconds
from alembic_zdt.steps import Precondition, RelationLock, Step

NEVER_DONE = "false"
"""The skip condition of a step that runs every time."""

_FOLDER = Path(__file__).parent


def preamble(*, psql: bool) -> str:
    """Return the temporary functions and procedures that the steps share."""
    text = (_FOLDER / "preamble.sql").read_text(encoding="utf-8")
    if psql:
        text += "\n" + (_FOLDER / "preamble_psql.sql").read_text(encoding="utf-8")
    text = text.replace(":INDEX_DEFINITION:", index_sql.DEFINITION)
    text = text.replace(":CONSTRAINT_DEFINITION:", constraint_sql.DEFINITION)
    text = text.replace(":COLUMN_DEFINITION:", column_sql.DEFINITION)
    # Each body is a string in SQL, which PostgreSQL parses when it is run.
    return "$zdt$".join(map(qualified, text.strip().split("$zdt$")))


_PLACEHOLDERS = {
    f"{quote(str(EACH_LEAF.schema))}.": "",
    f"{quote(str(EACH_PARENT.schema))}.": "",
    f"{EACH_LEAF.schema}.": "",
    f"{EACH_PARENT.schema}.": "",
    EACH_LEAF.name: "<each partition>",
    EACH_BRANCH.name: "<each partitioned partition>",
    EACH_PARENT.name: "<its parent>",
}


def in_words(text: str) -> str:
    """Return *text* with descriptions in place of the partitions' placeholders."""
    for placeholder, words in _PLACEHOLDERS.items():
        text = text.replace(placeholder, words)
    return text


def comment(text: str) -> str:
    """Return *text* as one comment line, whatever names it holds."""
    return "-- " + re.sub(r"[\r\n]+", " ", in_words(text))


def heading(step: Step) -> str:
    """Return comments on the step's locks and scans for the reader of the script."""
    lines = [step.purpose]
    lines += [f"lock: {lock}, blocks {lock.mode.blocks}" for lock in step.locks]
    if step.scans:
        lines.append(f"scan: {', '.join(step.scans)}")
    if step.skip_if.done != NEVER_DONE:
        lines.append(f"skipped when {step.skip_if.description}")
    return "\n".join(comment(line) for line in lines)


def quoted(text: str) -> str:
    """Return *text* as a string constant, dollar-quoted where that reads better.

    It means the same with and without ``standard_conforming_strings``.
    """
    if "'" not in text and "\\" not in text:
        return f"'{text}'"
    tag, number = "$sql$", 0
    while tag in f"{text}$":
        number += 1
        tag = f"$sql{number}$"
    return f"{tag}{text}{tag}"


def call(procedure: str, **arguments: str) -> str:
    """Build a call of a shared procedure from SQL expressions."""
    given = [f"{name} => {value}" for name, value in arguments.items()]
    inline = f"CALL pg_temp.{procedure}({', '.join(given)});"
    if len(inline) <= _WIDTH and "\n" not in inline:
        return inline
    return f"CALL pg_temp.{procedure}(\n  " + ",\n  ".join(given) + ");"


_WIDTH = 88


def beginning(settings: Settings) -> str:
    """Build the first call of a directive."""
    return call(
        "zdt_begin",
        lock_timeout=f"'{milliseconds(settings.lock_timeout)} ms'",
        lock_deadline=f"'{seconds(settings.lock_deadline)}'",
    )


def ending() -> str:
    """Build the last call of a directive."""
    return call("zdt_end")


def step_call(step: Step) -> str:
    """Build the call for a step in a short transaction under strong locks."""
    given = step_arguments(step)
    return call("zdt_step", **{name: expression(x) for name, x in given.items()})


def step_arguments(step: Step) -> dict[str, str | list[str]]:
    """Return the arguments of ``zdt_step``, in its order."""
    tables = [lock for lock in step.locks if lock.kind == "table"]
    given: dict[str, str | list[str]] = {"purpose": in_words(step.purpose)}
    given |= {"done": step.skip_if.condition, "statement": "; ".join(step.statements)}
    if tables:
        given |= {"tables": [_table(lock) for lock in tables]}
        given |= {"modes": [lock.mode.value for lock in tables]}
    wrong = _without_a_limit(step.preconditions)
    if wrong:
        given |= {"wrong": wrong}
    return given


def _table(lock: RelationLock) -> str:
    return qualified(lock.found_by) if lock.found_by else lock.lockable


def expression(value: str | list[str], one: Callable[[str], str] | None = None) -> str:
    """Return the SQL expression of a text or of an array of texts."""
    each = one or quoted
    if isinstance(value, str):
        return each(value)
    return f"ARRAY[{', '.join(each(text) for text in value)}]"


def _without_a_limit(preconditions: Sequence[Precondition]) -> list[str]:
    """Return the preconditions that read only the catalog.

    Preconditions that read rows may take any time.  They are left to the statement
    itself, which finds the same.
    """
    return [found.question for found in preconditions if found.max_seconds is None]


def refusals(
    preconditions: Sequence[Precondition], purpose: str, wanted: str, done: str
) -> Iterator[str]:
    """Yield the calls that stop the script at a violated precondition."""
    for wrong in _without_a_limit(preconditions):
        yield call(
            "zdt_refuse",
            purpose=quoted(purpose),
            done=quoted(done),
            wrong=quoted(wrong),
            wanted=quoted(wanted),
        )


def raise_if(condition: str, message: str, detail: str, hint: str) -> str:
    """Build a block that ends the script when *condition* holds."""
    using = [f"MESSAGE = {quoted(message)}"]
    using += [f"DETAIL = {quoted(detail)}"] if detail else []
    using += [f"HINT = {quoted(hint)}"]
    raising = "RAISE EXCEPTION USING\n      " + ",\n      ".join(using) + ";"
    return (
        do_block([qualified(f"IF {condition} THEN"), f"  {raising}", "END IF;"]) + ";"
    )
