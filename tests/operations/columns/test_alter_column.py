"""A change of type that rewrites a small table, and what the server reads for it."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import PreconditionError

SMALL = "CREATE TABLE small (id int PRIMARY KEY); INSERT INTO small VALUES (1)"
LARGE = "INSERT INTO large SELECT 1 FROM generate_series(1, 40000)"
CALL = 'op.alter_column_safely("small", "id", type_=sa.BigInteger())'

CONNECTED = {
    "child": f"CREATE TABLE large () INHERITS (small); {LARGE}",
    "referencing": f"CREATE TABLE large (id int REFERENCES small); {LARGE}",
    "referenced": (
        "CREATE TABLE large (id int PRIMARY KEY); INSERT INTO large SELECT"
        " generate_series(1, 40000); ALTER TABLE small ADD FOREIGN KEY (id)"
        " REFERENCES large"
    ),
}


def test_small_table_is_rewritten(db, project):
    db.execute(f"{SMALL}; CREATE TABLE tiny (id int REFERENCES small)")
    project.revision("r1", CALL)

    project.upgrade()

    assert db.value("SELECT pg_typeof(id)::text FROM small") == "bigint"


@pytest.mark.parametrize("connected", CONNECTED)
def test_large_table_that_is_connected_is_neither_written_nor_read(
    db, project, connected
):
    db.execute(f"{SMALL}; {CONNECTED[connected]}")
    file = db.value("SELECT pg_relation_filenode('large')")
    project.revision("r1", CALL)

    with pytest.raises(PreconditionError) as refused:
        project.upgrade()

    also = "" if connected == "child" else " and check its foreign keys"
    assert refused.value.detail == (
        f"The server would write the whole table, or its indexes,{also} under ACCESS"
        " EXCLUSIVE, which blocks reads and writes."
    )
    assert db.value("SELECT pg_relation_filenode('large')") == file
