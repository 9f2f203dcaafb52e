"""``alembic-zdt sql``: scripts that are there as a whole, or not at all."""

from __future__ import annotations

import pytest

from alembic_zdt.commands.sql import script_text, write
from alembic_zdt.errors import UsageError

INDEX = 'op.create_index_concurrently("ix", "users", ["email"])'
NOT_NULL = 'op.add_not_null_two_phase("users", "email")'


@pytest.fixture
def history(db, project):
    """Three revisions, the second with a branch beside it, and a merge."""
    db.execute("CREATE TABLE users (id int, email text)")
    project.revision("r1", INDEX, 'op.drop_index_concurrently("ix", "users")')
    project.revision("r2", NOT_NULL, 'op.drop_not_null("users", "email")')
    project.revision(
        "r3",
        "op.execute('CREATE TABLE t ()')",
        "op.drop_table('t')",
        down_revision="r1",
    )
    project.revision("r4", down_revision=("r2", "r3"))
    return project


@pytest.mark.parametrize("text", ["base:heads", "r1:heads", "base:r2", ":r1"])
def test_same_as_upgrade_sql(history, text):
    start, _, end = text.rpartition(":")

    assert script_text(history.config(), text) == history.sql(
        f"{start or 'base'}:{end}"
    )


def test_file_is_whole(db, history, tmp_path):
    file = tmp_path / "there" / "change.sql"

    done = history.cli("sql", "base:r2", "-o", str(file), module="alembic_zdt").ok()

    assert done.stdout == ""
    assert f"wrote {file}" in done.stderr
    assert list(file.parent.iterdir()) == [file]
    history.psql(file.read_text()).ok()
    assert history.current == ["r2"]
    assert db.index("ix").is_valid


def test_script_is_printed_without_a_file(history):
    done = history.cli("sql", "base:r1", module="alembic_zdt").ok()

    assert done.stdout.strip() == history.sql("base:r1").strip()


def test_failure_leaves_what_was_there(history, tmp_path):
    """Neither half a script nor none."""
    file = tmp_path / "change.sql"
    file.write_text("before")
    history.revision("r5", "raise RuntimeError('half-way')")

    for split in (False, True):
        where = tmp_path / "folder" if split else file
        with pytest.raises(RuntimeError, match="half-way"):
            write(history.config(), "base:heads", where, split=split)

    assert [path.name for path in tmp_path.rglob("*.sql")] == ["change.sql"]
    assert file.read_text() == "before"


def test_a_file_for_each_revision(db, history, tmp_path):
    """Each runs alone; together they lead where one script does, through branches."""
    history.psql(script_text(history.config(), "base:heads")).ok()
    wanted = db.catalog(), history.current
    history.psql(script_text(history.config(), "heads:base", downgrade=True)).ok()

    paths = write(history.config(), "base:heads", tmp_path / "sql", split=True)

    names = [path.name for path in paths]
    assert names[0] == "0001_r1_r1.sql"
    assert {name.split("_")[1] for name in names} == {"r1", "r2", "r3", "r4"}
    first = paths[0].read_text()
    assert first.startswith("-- upgrade of revision r1: r1\n-- phase: expand\n")
    assert "-- lock: SHARE UPDATE EXCLUSIVE on users" in first
    history.psql("DROP TABLE alembic_version").ok()
    for path in paths:
        history.psql(path.read_text()).ok()
    assert (db.catalog(), history.current) == wanted

    for path in write(
        history.config(), "heads:base", tmp_path / "back", split=True, downgrade=True
    ):
        history.psql(path.read_text()).ok()
    assert history.current == []
    assert db.indexes("users") == []


def test_bad_input(history, tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(UsageError, match='file" is a file'):
        write(history.config(), "base:r1", file, split=True)
    with pytest.raises(UsageError, match="is a folder"):
        write(history.config(), "base:r1", tmp_path)
    with pytest.raises(UsageError, match='"r1" is not a range'):
        script_text(history.config(), "r1", downgrade=True)
    done = history.cli("sql", "base:nothing", module="alembic_zdt")
    assert done.rc == 255
    assert "nothing" in done.output


def test_title_of_two_lines_is_no_statement(db, history, tmp_path):
    path = history.versions / "r1_.py"
    text = path.read_text().replace('"""r1"""', '"""One\nDROP TABLE users"""', 1)
    history.write(path, text)

    (first, *_) = write(history.config(), "base:r1", tmp_path / "sql", split=True)

    assert "-- upgrade of revision r1: One DROP TABLE users\n" in first.read_text()


def test_env_py_with_files_of_its_own_is_refused(history, tmp_path):
    history.edit_env(
        "context.configure(\n        url=url,",
        "context.configure(\n        output_buffer=__import__('io').StringIO(),"
        "\n        url=url,",
    )

    with pytest.raises(UsageError, match=r"env\.py wrote no script"):
        write(history.config(), "base:r1", tmp_path / "x.sql")

    assert list(tmp_path.glob("*.sql")) == []
