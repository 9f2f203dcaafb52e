"""The revisions of a rehearsal, and those that run before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.project import Project


def revision_range(project: Project, given: str | None) -> Sequence[Any]:
    """Return the revisions of a range, in the order in which they run.

    Args:
        project: the migrations.
        given: a range like ``ae10:head``; None for the last change.

    Raises:
        UsageError: it is no range, or has no revisions.
    """
    if given is None:
        found = _of_last_change(project)
    else:
        start, colon, end = given.partition(":")
        if not colon:
            raise UsageError(
                f'"{given}" is not a range of revisions',
                hint="Write the revision before the first one, a colon and the last "
                f"one: {given}:head.",
            )
        before = project.script.get_revisions(start or "base")
        below = tuple(each.revision for each in before)
        steps = contexts.steps_between(
            project.script, below, end or "heads", downgrade=False
        )
        found = [each.revision for each in steps]
    if not found:
        raise UsageError(
            "there are no revisions to rehearse",
            hint="Name the revision before the first one and the last one: ae10:head.",
        )
    return found


def _of_last_change(project: Project) -> Sequence[Any]:
    """Return the revisions from the first one of the last change to the last one."""
    ordered = list(project.script.walk_revisions())[::-1]
    if not ordered:
        return []
    change = getattr(ordered[-1].module, "zdt_change", None)
    if change is None:
        return ordered[-1:]
    changes = [getattr(each.module, "zdt_change", None) for each in ordered]
    return ordered[changes.index(change) :]


def needed_below(revisions: Sequence[Any]) -> set[str]:
    """Return the revisions that run before a range."""
    own = {each.revision for each in revisions}
    below = set().union(*(contexts.below(each) for each in revisions))
    return below - own


def in_words(revisions: Sequence[Any]) -> str:
    """Return the first and the last revision."""
    first, last = revisions[0].revision, revisions[-1].revision
    return str(first) if first == last else f"{first} to {last}"
