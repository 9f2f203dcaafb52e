"""The operation of autogenerate for a rename, with or without our rewriter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import renderers
from alembic.operations.ops import MigrateOperation

from alembic_zdt.autogenerate.found.hints import Rename

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


class FoundRename(MigrateOperation):
    """A table or a column with another name in the models than in the database.

    Alembic has no such operation that it can render.  Our rewriter converts this one to
    a workflow.  Without the rewriter it is rendered as a stock rename.
    """

    def __init__(self, rename: Rename) -> None:
        self.rename = rename

    def reverse(self) -> FoundRename:
        """Return the rename back to the old name."""
        found = self.rename
        table = found.old if found.is_table else found.table
        back = Rename(
            found.schema, table, found.new, found.old, found.is_table, found.source
        )
        return FoundRename(back)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the difference in the form that Alembic's operations have."""
        found = self.rename
        kind = "rename_table" if found.is_table else "rename_column"
        place = () if found.is_table else (found.table,)
        return (kind, found.schema, *place, found.old, found.new)


@renderers.dispatch_for(FoundRename)
def _render(context: AutogenContext, op: FoundRename) -> str:
    found = op.rename
    prefix = context.opts.get("alembic_module_prefix") or ""
    end = f", schema={found.schema!r})" if found.schema else ")"
    if found.is_table:
        return f"{prefix}rename_table({found.old!r}, {found.new!r}{end}"
    names = f"{found.table!r}, {found.old!r}, new_column_name={found.new!r}"
    return f"{prefix}alter_column({names}{end}"
