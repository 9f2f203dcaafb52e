"""The rewriter that env.py names or ``alembic-zdt revision`` adds.

https://alembic.sqlalchemy.org/en/latest/api/autogenerate.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import ops

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.found.contracting import is_contracting
from alembic_zdt.autogenerate.found.directive_loading import load_directives
from alembic_zdt.runner.revision_ids import refuse_long

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


class ZdtRewriter(Rewriter):
    """A rewriter that replaces unsafe operations, with one revision for each phase.

    ``chain()`` and ``rewrites()`` are Alembic's.  Rewriters that are chained after this
    one get the directives of this package.
    """

    is_zdt = True

    def process_revision_directives(
        self,
        context: MigrationContext,
        revision: Any,
        directives: list[ops.MigrationScript],
    ) -> None:
        """Rewrite the revision that Alembic is about to write.

        During ``alembic check`` and ``alembic-zdt contract`` it keeps the operations as
        they are.
        """
        if not (comparisons.is_check(context) or is_contracting(context)):
            refuse_long(context, [str(each.rev_id) for each in directives])
            _rewrite(context, directives)
        super().process_revision_directives(context, revision, directives)


def _rewrite(context: MigrationContext, directives: list[ops.MigrationScript]) -> None:
    containers = (up for script in directives for up in script.upgrade_ops_list)
    if any(container.ops for container in containers):
        load_directives(context)
        from alembic_zdt.autogenerate.writing.phase_split import rewrite  # noqa: PLC0415  # rare

        rewrite(context, directives)


rewriter = ZdtRewriter()


def after_env(
    context: MigrationContext, revision: Any, directives: list[ops.MigrationScript]
) -> None:
    """Run the hook of env.py, then our rewriter, for ``alembic.command.revision()``.

    The hook sees what Alembic found, as with stock Alembic.  With several databases it
    gets the revision to which Alembic has added the operations of the present one.
    """
    theirs = comparisons.taken_hook(context)
    if theirs is not None:
        latest = directives[-1:]
        theirs(context, revision, latest)
        directives[-1:] = latest
    rewriter.process_revision_directives(context, revision, directives)
