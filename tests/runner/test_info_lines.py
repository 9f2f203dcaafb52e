"""Lines at INFO are short, however long the names and the statements are."""

from __future__ import annotations

import logging

from tests.support.names import TABLE

NAMES = TABLE["63-bytes"]
T, C, N = NAMES.table, NAMES.column, NAMES.new_column
LONG_LIST = ", ".join(f"'{number}'" for number in range(99))
PREFIX = "INFO  [alembic_zdt] "
RENAME = f"rename_column({T!r}, {C!r}, {N!r})"
REVISIONS = (
    f"""op.create_index_concurrently({NAMES.index!r}, {T!r}, [{C!r}],
        postgresql_where=sa.text("{C} NOT IN ({LONG_LIST})"))""",
    f"""op.create_check_constraint_two_phase({NAMES.constraint!r}, {T!r},
        "length({C}) < 9 OR {C} NOT IN ({LONG_LIST})")""",
    f"op.expand_{RENAME}",
    f"op.migrate_{RENAME}",
    f"op.contract_{RENAME}",
)


def test_lines_at_info_are_short(db, project, caplog):
    """What is cut there is whole at DEBUG."""
    db.execute(f"CREATE TABLE {T} (id int PRIMARY KEY, {C} text)")
    db.execute(f"INSERT INTO {T} SELECT n, n::text FROM generate_series(1, 9) n")
    for number, body in enumerate(REVISIONS):
        project.revision(f"r{number}", body)

    with caplog.at_level(logging.DEBUG, "alembic_zdt"):
        project.upgrade()

    ours = [each for each in caplog.records if each.name == "alembic_zdt"]
    lines = [each.getMessage() for each in ours if each.levelno == logging.INFO]
    whole = [each.getMessage() for each in ours if each.levelno == logging.DEBUG]
    assert len(lines) > 2 * len(REVISIONS)
    assert [line for line in lines if len(PREFIX + line) >= 200] == []
    cut = [line.partition("...")[0] for line in lines if "..." in line]
    assert cut
    missing = [
        head
        for head in cut
        if not any(" ".join(each.split()).startswith(head) for each in whole)
    ]
    assert missing == []
