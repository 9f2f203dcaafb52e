"""Before 18 a foreign key of a partitioned table cannot be NOT VALID.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

from alembic.operations import ops

from alembic_zdt.catalog.lookup import server_version
from alembic_zdt.checks.check_definition import Check, Problem
from alembic_zdt.checks.context import CheckContext, called, on_used, table_of
from alembic_zdt.checks.examples import PARTITIONED
from alembic_zdt.checks.suggestions.safe_calls import instead_of
from alembic_zdt.findings import Severity
from alembic_zdt.oracle import questions
from alembic_zdt.recording.call import Call

_FIRST_THAT_CAN = 180000


def _look(call: Call, context: CheckContext) -> Iterator[Problem]:
    for op in on_used(call, context, ops.CreateForeignKeyOp):
        if not op.kw.get("postgresql_not_valid"):
            continue
        table = table_of(op)
        version = context.ask(server_version) or _FIRST_THAT_CAN
        if version < _FIRST_THAT_CAN and context.ask(questions.kind, table) == "p":
            words = f"NOT VALID of {called(op.constraint_name)} fails: {table.label} is"
            yield Problem(f"{words} partitioned", table, _in_two_phases(op, context))


def _in_two_phases(op: ops.CreateForeignKeyOp, context: CheckContext) -> str:
    """Return the directive's call, which uses NOT VALID only where it is possible."""
    valid = copy(op)
    valid.kw = {k: v for k, v in op.kw.items() if k != "postgresql_not_valid"}
    return instead_of(valid, context)


CHECK = Check(
    id="foreign-key-on-partitioned",
    severity=Severity.ERROR,
    reason="PostgreSQL before version 18 refuses ADD FOREIGN KEY ... NOT VALID on a "
    "partitioned table. op.create_foreign_key_two_phase() adds the foreign key to "
    "each partition alone, and validates it there. The parent then gets the foreign "
    "key without another read of the partitions.",
    look=_look,
    setup=f"{PARTITIONED} CREATE TABLE numbers (n int PRIMARY KEY);"
    " INSERT INTO numbers SELECT generate_series(1, 99);",
    bad="""\
op.create_foreign_key(
    "fk", "events", "numbers", ["n"], ["n"], postgresql_not_valid=True
)""",
    good='op.create_foreign_key_two_phase("fk", "events", "numbers", ["n"], ["n"])',
    asks=True,
)
