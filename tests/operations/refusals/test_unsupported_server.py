"""Servers that the package refuses to work on."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UnsupportedServerError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.constraints.not_null import AddNotNullTwoPhaseOp
from alembic_zdt.operations.indexes.concurrent_index import (
    CreateIndexConcurrentlyOp,
    DropIndexConcurrentlyOp,
)
from alembic_zdt.operations.indexes.index_ddl import IndexSpec
from alembic_zdt.runner.servers import check_version
from alembic_zdt.server_facts import Server
from tests.support.messages import error_page, without_revision

BUILD = CreateIndexConcurrentlyOp(IndexSpec("ix", QualifiedName("users"), ("email",)))
NOT_NULL = AddNotNullTwoPhaseOp("users", "email")
DROP = DropIndexConcurrentlyOp("ix")


@pytest.mark.parametrize(
    ("version", "words"), [(90624, "9.6.24"), (120022, "12.22"), (130018, "13.18")]
)
@pytest.mark.parametrize("recipe", [BUILD, NOT_NULL], ids=["index", "not-null"])
def test_server_before_14_is_refused(recipe, version, words):
    """Nothing has been tried there."""
    with pytest.raises(UnsupportedServerError) as caught:
        check_version(Server(version=version, online=True), recipe)

    assert without_revision(str(caught.value)) == (
        f"cannot {recipe.purpose}: PostgreSQL {words} is too old\n"
        "detail: alembic_zdt needs PostgreSQL 14 or newer.\n"
        "hint: Upgrade the server, or write the change with Alembic's own "
        "directives.\n"
        f"docs: {error_page('unsupported-server')}"
    )


@pytest.mark.parametrize("minor", range(4))
def test_concurrent_build_on_14_before_14_4_is_refused(minor):
    """The server itself may corrupt such an index."""
    with pytest.raises(UnsupportedServerError) as caught:
        check_version(Server(version=140000 + minor, online=True), BUILD)

    assert without_revision(str(caught.value)) == (
        f'cannot create index "ix": PostgreSQL 14.{minor} can corrupt indexes that are '
        "built concurrently\n"
        "detail: CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY of 14.0 to 14.3 "
        "may miss rows; 14.4 mended it.\n"
        "hint: Upgrade to the newest 14.x, which needs no dump, then run the same "
        "command again.\n"
        f"docs: {error_page('unsupported-server')}"
    )


@pytest.mark.parametrize("version", [140000, 140003, 140004, 160000, 180006])
def test_what_builds_no_index_runs_on_every_14(version):
    """The bug is in concurrent builds only."""
    check_version(Server(version=version, online=True), NOT_NULL)
    check_version(Server(version=version, online=True), DROP)


@pytest.mark.parametrize("version", [140004, 150000, 180006])
def test_sound_server_builds(version):
    """From 14.4 on."""
    check_version(Server(version=version, online=True), BUILD)


SQLITE = (
    'cannot create index "ix" on dialect "sqlite"\n'
    "detail: The directives of alembic_zdt rely on PostgreSQL's locks and "
    "statements.\n"
    "hint: Use Alembic's own directive on other databases, for example inside "
    '"if op.get_context().dialect.name == ...".\n'
    f"docs: {error_page('unsupported-server')}"
)


@pytest.fixture
def sqlite(db, project):
    """Turn the project into one on SQLite."""
    url = f"sqlite:///{project.folder / 'shop.db'}"
    project.write(project.ini, project.ini.read_text().replace(db.url(), url))
    project.revision(
        "r1",
        'op.create_table("users", sa.Column("email", sa.Text))\n'
        'op.create_index_concurrently("ix", "users", ["email"])',
    )
    return project


def test_other_database_is_refused(sqlite):
    """A real SQLite project, online."""
    with pytest.raises(UnsupportedServerError) as caught:
        sqlite.upgrade()
    assert without_revision(str(caught.value)) == SQLITE


def test_other_database_is_refused_in_a_script(sqlite):
    """And with ``--sql``."""
    with pytest.raises(UnsupportedServerError) as caught:
        sqlite.sql("base:head")
    assert without_revision(str(caught.value)) == SQLITE


def test_other_database_fails_with_one_line(sqlite):
    """No traceback, exit code 255; behind a condition it is Alembic as ever."""
    done = sqlite.cli("upgrade", "head")
    assert done.rc == 255
    assert "Traceback" not in done.output
    assert " ".join(f"FAILED: {SQLITE}".split()) in " ".join(done.output.split())

    sqlite.revision(
        "r1",
        'op.create_table("users", sa.Column("email", sa.Text))\n'
        'if op.get_context().dialect.name == "postgresql":\n'
        '    op.create_index_concurrently("ix", "users", ["email"])\n'
        "else:\n"
        '    op.create_index("ix", "users", ["email"])',
    )
    sqlite.folder.joinpath("shop.db").unlink()
    sqlite.cli("upgrade", "head").ok()
