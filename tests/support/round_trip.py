"""A change of the models: generated, applied, compared and taken back."""

from __future__ import annotations

import runpy
from typing import Any

import sqlalchemy as sa

from alembic_zdt import rewriter
from alembic_zdt.commands.check import check
from tests.support.catalog import Snapshot
from tests.support.db import Db
from tests.support.project import Project


def round_trip(db: Db, project: Project, before: str, after: str) -> list[str]:
    """Change the tables of some models to those of others, and return the files."""
    wanted = tables_of(db, project, after)
    start = tables_of(db, project, before)
    project.models(after)
    texts = generate(project, "change")

    project.upgrade()

    found = check(project.config())
    assert [each.message for each in found.findings] == []
    assert different(db.catalog(), wanted) == {}
    assert not any("op." in text for text in generate(project, "again"))
    project.downgrade()
    assert different(db.catalog(), start) == {}
    return texts


def tables_of(db: Db, project: Project, source: str) -> Snapshot:
    """Create only the tables of these models, and return the catalog."""
    db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
    for script in project.scripts():
        script.unlink()
    project.models(source)
    metadata = runpy.run_path(str(project.folder / "models.py"))["metadata"]
    engine = sa.create_engine(db.url(), isolation_level="AUTOCOMMIT")
    metadata.create_all(engine)
    engine.dispose()
    return db.catalog()


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
    return {kind: objects for kind, objects in each.items() if objects}
