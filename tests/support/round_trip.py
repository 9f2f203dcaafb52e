"""A change of the models: generated, applied, compared and taken back."""

from __future__ import annotations

import re
import runpy
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from alembic_zdt import rewriter
from alembic_zdt.commands.check import check
from tests.support.catalog import Snapshot
from tests.support.db import Db
from tests.support.project import Project

_CASTS = re.compile(r"::character varying|::text(?:\[\])?")


def round_trip(
    db: Db, project: Project, before: str, after: str, places: Sequence[str] = ()
) -> list[str]:
    """Change the tables of some models to those of others, and return the files.

    Args:
        db: the database; its schema is emptied.
        project: the project whose models are written.
        before: the models whose tables are there.
        after: the models that revisions are generated for.
        places: further schemas of the models, which are emptied, too.
    """
    wanted = tables_of(db, project, after, places)
    start = tables_of(db, project, before, places)
    project.models(after)
    # No application waits here, and a busy machine needs its time.
    project.settings(lock_timeout="60s")
    texts = generate(project, "change")

    project.upgrade()

    found = check(project.config())
    assert [each.message for each in found.findings] == []
    assert different(_catalog(db, places), wanted) == {}
    assert not any("op." in text for text in generate(project, "again"))
    project.downgrade()
    assert different(_catalog(db, places), start) == {}
    return texts


def tables_of(
    db: Db, project: Project, source: str, places: Sequence[str] = ()
) -> Snapshot:
    """Create only the tables of these models, and return the catalog."""
    for schema in (db.schema, *places):
        db.execute(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")
    for script in project.scripts():
        script.unlink()
    project.models(source)
    metadata = runpy.run_path(str(project.folder / "models.py"))["metadata"]
    engine = sa.create_engine(db.url(), isolation_level="AUTOCOMMIT")
    metadata.create_all(engine)
    engine.dispose()
    return _catalog(db, places)


def _catalog(db: Db, places: Sequence[str]) -> Snapshot:
    """Return the objects of all schemas; those of further ones have a number."""
    found = db.catalog()
    for number, place in enumerate(places):
        more = db.catalog(place)
        found = {
            kind: (*rows, *((number, *row) for row in more[kind]))
            for kind, rows in found.items()
        }
    return found


def generate(project: Project, message: str) -> list[str]:
    """Return the texts of the revisions that autogenerate writes."""
    known = set(project.scripts())
    project.run(
        "revision", message, autogenerate=True, process_revision_directives=rewriter
    )
    new = [path for path in project.scripts() if path not in known]
    return [path.read_text() for path in new]


def different(found: Snapshot, wanted: Snapshot) -> dict[str, set[Any]]:
    """Return what only one of two catalogs has, by the kind of object."""
    each = {kind: set(found[kind]) ^ set(wanted[kind]) for kind in found}
    for kind in ("constraints", "indexes"):
        plain = {_plain(item) for item in found[kind]}
        each[kind] = plain ^ {_plain(item) for item in wanted[kind]}
    return {kind: objects for kind, objects in each.items() if objects}


def _plain(item: Any) -> Any:
    """Return an index or a constraint without casts that PostgreSQL writes in two ways.

    It casts a list of texts as a whole, and spells what it has read from that text
    with a cast of each item.
    """
    return tuple(
        _CASTS.sub("", part) if isinstance(part, str) else part for part in item
    )
