"""Checks of the revision files against the database.

https://alembic.sqlalchemy.org/en/latest/branches.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alembic.script import Script, ScriptDirectory
from alembic.util import to_tuple

from alembic_zdt.alembic_compat import contexts
from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.names import QualifiedName, literal
from alembic_zdt.printable import listed


def of_files(script: ScriptDirectory) -> Iterator[Finding]:
    """Report more than one head, and raise the errors of Alembic about the files."""
    heads = sorted(script.get_heads())
    if len(heads) > 1:
        yield Finding.warning(
            f"there are several heads: {', '.join(heads)}; alembic upgrade head fails",
            f'alembic-zdt merge -m "merge" {" ".join(heads)}; or upgrade heads, if '
            "the branches are permanent.",
        )


def of_database(subject: Subject) -> Iterator[Finding]:
    """Report applied revisions without a file, redundant heads, pending revisions."""
    known = {each.revision: each for each in subject.script.walk_revisions()}
    unknown = [head for head in subject.heads if head not in known]
    if unknown:
        yield Finding.error(
            f"the database is at {listed(unknown)}, which has no file here",
            "Run alembic-zdt from the newest code, or look for the file in other "
            f"branches: git log --all -- '*{unknown[0]}*'. Only if the file is lost: "
            "alembic-zdt stamp --purge, with the revision whose schema the database "
            "has.",
        )
        return
    reached = contexts.at_or_below(subject.script, subject.heads)
    for head in subject.heads:
        if any(head in _ancestors(known, other) for other in subject.heads):
            yield Finding.error(
                f"the version table has {head}, and a revision above it, too: rows "
                "were written by hand, or by two runs at once",
                f"DELETE FROM {_version_table(subject)} WHERE version_num = "
                f"{literal(head)};",
            )
    pending = len(known) - len(reached)
    if pending:
        yield Finding.note(
            f"{pending} revision{'s are' if pending > 1 else ' is'} pending",
            "alembic-zdt plan shows the steps, alembic-zdt upgrade runs them.",
        )


def _version_table(subject: Subject) -> str:
    context = subject.context
    return QualifiedName(context.version_table, context.version_table_schema).sql


def _ancestors(known: Mapping[str, Script], name: str) -> set[str]:
    """Return the revisions below *name*, without those that it only depends on."""
    found: set[str] = set()
    left = [name]
    while left:
        for below in to_tuple(known[left.pop()].down_revision, ()):
            if below not in found:
                found.add(below)
                left.append(below)
    return found
