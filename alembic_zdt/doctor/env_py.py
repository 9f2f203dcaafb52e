"""Checks of how env.py sets up Alembic.

https://alembic.sqlalchemy.org/en/latest/api/runtime.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import MetaData

from alembic_zdt.alembic_compat import contexts, runs
from alembic_zdt.doctor.subject import Subject
from alembic_zdt.findings import Finding
from alembic_zdt.names import literal

_OURS = "or let env.py call alembic_zdt.env.run()."


def transactions(subject: Subject) -> Iterator[Finding]:
    """Report revisions that do not commit by themselves."""
    if contexts.has_external_transaction(subject.context):
        yield Finding.warning(
            "env.py calls context.configure() inside a transaction: directives refuse "
            "to run in this transaction, and Alembic does not commit it",
            "Call connection.commit() after any statement that runs before it, use "
            f"engine.connect(), not engine.begin(), {_OURS}",
        )
    elif not runs.has_transaction_per_migration(subject.context):
        yield Finding.warning(
            "transaction_per_migration is off: the locks of one revision are held "
            "until all of them are done",
            f"context.configure(..., transaction_per_migration=True), {_OURS}",
        )


def guard(subject: Subject) -> Iterator[Finding]:
    """Report a guard that does not see the calls of ``alembic upgrade``.

    Before 1.18 Alembic loads no plugins, so env.py has to import the directives.
    """
    if _loads_plugins() or subject.settings.guard == "off":
        return
    env = Path(subject.script.dir, "env.py")
    if not _ANNOUNCES.search(env.read_text(encoding="utf-8", errors="replace")):
        yield Finding.warning(
            f"Alembic {version('alembic')} loads no plugins, so the guard does not see "
            "what alembic upgrade runs, and a revision has to import the directives",
            "Write from alembic_zdt import op  # noqa: F401 at the top of env.py, or "
            "install Alembic 1.18 or newer.",
        )


def _loads_plugins() -> bool:
    return find_spec("alembic.runtime.plugins") is not None


_ANNOUNCES = re.compile(
    r"^[ \t]*+from alembic_zdt import .*\b(op|env)\b|alembic_zdt\.(op|env)\b",
    re.MULTILINE,
)
"""Imports that let Alembic know the directives."""


def models(subject: Subject) -> Iterator[Finding]:
    """Report an env.py without models, or with models that have no tables."""
    found = metadatas(subject)
    if not found:
        yield Finding.note(
            "env.py names no models (target_metadata), so autogenerate and check find "
            "nothing",
            "Pass target_metadata=Base.metadata, if there are models.",
        )
        return
    if any(meta.tables for meta in found):
        return
    settings = subject.settings
    own = settings.own_tables
    names = sorted({subject.context.version_table, *own})
    there = subject.database.value(
        "SELECT count(*) FROM pg_catalog.pg_class c"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n"
        " WHERE n.nspname = pg_catalog.current_schema())"
        f" AND c.relname NOT IN ({', '.join(map(literal, names))})"
    )
    if there:
        yield Finding.error(
            f"target_metadata has no table, and the database has {there}: autogenerate "
            "would drop them all",
            "Import the modules that define the models in env.py, before their "
            "metadata is passed: import myapp.models",
        )


def metadatas(subject: Subject) -> tuple[MetaData, ...]:
    """Return the models that env.py names."""
    found = runs.target_metadata(subject.context)
    if found is None:
        return ()
    return (found,) if isinstance(found, MetaData) else tuple(found)
