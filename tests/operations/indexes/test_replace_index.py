"""An index that another object needs, so that it cannot be replaced."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import DependentObjectsError

NEEDED = {
    "partition": (
        (
            "CREATE TABLE whole (id int, n int) PARTITION BY RANGE (id);"
            " CREATE TABLE t PARTITION OF whole DEFAULT; CREATE INDEX ix ON t (id);"
            " CREATE INDEX parent ON whole (id)"
        ),
        "index parent",
    ),
    "foreign-key": (
        (
            "CREATE TABLE t (id int, n int); CREATE UNIQUE INDEX ix ON t (id);"
            " CREATE TABLE other (t_id int CONSTRAINT fk REFERENCES t (id))"
        ),
        "constraint fk of other",
    ),
}


@pytest.mark.parametrize(("made", "words"), NEEDED.values(), ids=NEEDED)
@pytest.mark.parametrize("way", ["online", "script"])
def test_index_that_cannot_be_dropped_is_refused_before_the_build(
    db, project, made, words, way
):
    db.execute(made)
    project.revision("r1", 'op.replace_index_concurrently("ix", "t", ["id", "n"])')

    if way == "online":
        with pytest.raises(DependentObjectsError, match="something else") as refused:
            project.upgrade()
        assert refused.value.detail == f"Found: {words}."
        assert "op.create_index_concurrently('ix_new'" in refused.value.hint
    else:
        assert words in project.psql(project.sql()).output

    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass"
    assert db.value(indexes) == 1
