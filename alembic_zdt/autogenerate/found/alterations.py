"""Changes that neither Alembic nor a directive makes, as SQL for both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.render import renderers
from alembic.operations.ops import ExecuteSQLOp, MigrateOperation

from alembic_zdt.autogenerate.found.bare_texts import escaped

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


class FoundAlteration(MigrateOperation):
    """A change that is written as a statement.

    Args:
        difference: the difference, in the form of Alembic's operations.
        up: the statement of the upgrade.
        down: the statement of the downgrade, None if there is none.
        notes: sentences for the reviewer of the revision.
        is_late: whether it needs an object that the contract phase may create.
    """

    def __init__(
        self,
        difference: tuple[Any, ...],
        up: str,
        down: str | None,
        notes: Sequence[str] = (),
        *,
        is_late: bool = False,
    ) -> None:
        self.difference, self.up, self.down = difference, up, down
        self.notes, self.is_late = tuple(notes), is_late

    @property
    def upgrade(self) -> ExecuteSQLOp:
        """Return the operation of the upgrade."""
        return ExecuteSQLOp(escaped(self.up))

    @property
    def downgrade(self) -> tuple[ExecuteSQLOp, ...]:
        """Return the operations of the downgrade."""
        return () if self.down is None else (ExecuteSQLOp(escaped(self.down)),)

    def reverse(self) -> FoundAlteration:
        """Return the operation in the opposite direction."""
        if self.down is None:
            return FoundAlteration(self.difference, "SELECT", self.up)
        return FoundAlteration(self.difference, self.down, self.up)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the difference in the form that Alembic's operations have."""
        return self.difference


@renderers.dispatch_for(FoundAlteration)
def _render(context: AutogenContext, found: FoundAlteration) -> str:
    return str(renderers.dispatch(found.upgrade)(context, found.upgrade))
