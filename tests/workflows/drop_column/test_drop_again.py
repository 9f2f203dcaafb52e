"""Both phases of a drop, where the downgrade does not make the column again."""

from __future__ import annotations


def test_up_down_up_with_a_column_that_stays_dropped(db, project):
    db.execute("CREATE TABLE users (id int NOT NULL, email text)")
    for phase in ("expand", "contract"):
        call = f'op.{phase}_drop_column("users", "email", if_exists=True)'
        project.revision(phase, call, "pass")
    project.upgrade()
    project.downgrade()

    project.upgrade()

    assert project.current == ["contract"]
