"""A table that is not small, and revisions that change it."""

from __future__ import annotations

import pytest
from alembic.util import CommandError

from alembic_zdt.errors import UnsafeOperationError
from tests.support.project import HAS_PLUGINS

ROWS = 30


@pytest.fixture
def big(db, project):
    """Make users, which has more rows than this project calls small."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text, age int)")
    fill = "INSERT INTO users SELECT n, 'e' || n, n FROM generate_series(1, %s) n"
    db.execute(fill, ROWS)
    db.execute("ANALYZE users")
    project.settings(small_table_rows="10")
    return "users"


@pytest.fixture(autouse=True)
def loaded(project):
    """Before 1.18 Alembic loads no plugins: env.py has to name us."""
    if not HAS_PLUGINS:
        text = project.env.read_text()
        project.write(project.env, f"from alembic_zdt import op as _op\n{text}")


@pytest.fixture
def stopped(project):
    """Upgrade, and return the guard's error."""

    def run(body, **options):
        project.revision("r1", body)
        with pytest.raises(UnsafeOperationError) as caught:
            project.upgrade(**options)
        return caught.value

    return run


@pytest.fixture
def stops(project):
    """Whether the guard stops a revision; other errors are the server's."""

    def run(body):
        project.revision("r1", body)
        try:
            project.upgrade()
        except UnsafeOperationError:
            return True
        except CommandError as error:
            raise AssertionError(error) from error
        return False

    return run
