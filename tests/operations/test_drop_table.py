"""``op.contract_drop_table()`` drops what DROP TABLE without CASCADE drops."""

from __future__ import annotations

import pytest

OWN = {
    "generated": "CREATE TABLE n (id int, c int GENERATED ALWAYS AS (id * 2) STORED)",
    "policy": (
        "CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY p ON n USING (id > 0)"
    ),
    "statistics": (
        "CREATE TABLE n (id int, c int); CREATE STATISTICS s ON id, c FROM n"
    ),
    "rule": (
        "CREATE TABLE n (id int); CREATE RULE r AS ON DELETE TO n DO INSTEAD NOTHING"
    ),
    "sequence": (
        "CREATE TABLE n (id serial);ALTER TABLE n ADD c int DEFAULT nextval('n_id_seq')"
    ),
    "publication": (
        "CREATE TABLE n (id int, c int); CREATE PUBLICATION {schema} FOR TABLE n{part}"
    ),
}


@pytest.mark.parametrize("own", OWN)
def test_objects_of_the_table_itself_go_with_it(db, project, own):
    columns = db.value("SELECT current_setting('server_version_num')::int") >= 150000
    part = " (id, c) WHERE (id > 0)" if columns else ""
    db.execute(OWN[own].format(schema=db.schema, part=part))
    project.revision("r1", 'op.contract_drop_table("n")')

    try:
        project.upgrade()
    finally:
        db.execute(f"DROP PUBLICATION IF EXISTS {db.schema}")

    assert not db.exists("n")
