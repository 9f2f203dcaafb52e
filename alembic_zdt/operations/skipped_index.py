"""Refuse a stock index that the server would skip because its name is taken.

``CREATE INDEX IF NOT EXISTS`` compares only names.  A directive skips a step only if
the catalog holds exactly what the step would make.  So a stock index in the same
revision is checked in the same way.
https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from alembic_zdt.alembic_compat import runs
from alembic_zdt.catalog import index as catalog
from alembic_zdt.catalog.lookup import survey
from alembic_zdt.connection.database import Database
from alembic_zdt.operations.indexes.concurrent_index import CreateIndexConcurrentlyOp
from alembic_zdt.operations.indexes.index_build import name_is_free
from alembic_zdt.operations.indexes.index_steps import canonical_question
from alembic_zdt.phases import names_directive

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def refuse_another(context: MigrationContext, operation: ops.CreateIndexOp) -> None:
    """Refuse an index whose name is taken, in a revision with directives.

    Args:
        context: the migration context of the run.
        operation: an operation with ``if_not_exists``.

    Raises:
        DuplicateObjectError: an index of the name has another definition or is invalid.
    """
    step: Any = runs.running_step(context)
    if context.connection is None or context.as_sql or step is None:
        return
    if not (operation.index_name and names_directive(step.revision)):
        return
    spec = CreateIndexConcurrentlyOp.from_stock(operation).spec
    database, name = Database(context.connection), str(spec.name)
    if not database.rows(catalog.namesakes(name, spec.table)):
        return
    canonical = survey(database, [canonical_question(spec)]).answer(
        canonical_question(spec)
    )
    valid = catalog.is_valid(name, spec.table, canonical, spec.tablespace)
    taken = name_is_free(spec, canonical)
    if not database.holds(valid) and (found := database.rows(taken.question)):
        raise taken.error(found)
