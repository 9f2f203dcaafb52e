"""The table of Alembic's private names, and what needs one that is missing."""

from __future__ import annotations

import logging

import pytest
from alembic.script import ScriptDirectory

from alembic_zdt import phases
from alembic_zdt.alembic_compat import contexts, hooks, patches
from alembic_zdt.alembic_compat.patches import NEWEST, TABLE, Name
from alembic_zdt.backfill import gate
from alembic_zdt.contract_gate import revision_gate
from alembic_zdt.errors import UnsupportedAlembicError, UsageError
from tools.matrix import LIBRARIES

MISSING = Name("alembic.script:ScriptDirectory", "_no_such_name", "this test")
OTHER = Name("alembic.script:ScriptDirectory", "get_base", "this test", ("self", "x"))
GONE = Name("alembic.no_such_module", "name", "this test")


@pytest.fixture
def warned(monkeypatch, caplog, forgiving):
    """Collect the warnings of a process that has not warned yet."""
    monkeypatch.setattr(patches, "_told", set())
    monkeypatch.setattr(patches, "_waiting", None)
    monkeypatch.setattr(patches, "TABLE", (*TABLE, MISSING, OTHER, GONE))
    caplog.set_level(logging.WARNING, "alembic_zdt")
    return caplog


@pytest.mark.compat
@pytest.mark.parametrize("row", [row for row in TABLE if not row.is_set_late])
def test_every_supported_alembic_has_the_names_of_the_table(row):
    row.find()


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        (MISSING, "has no alembic.script.ScriptDirectory._no_such_name"),
        (OTHER, "has another signature of alembic.script.ScriptDirectory.get_base"),
        (GONE, "has no alembic.no_such_module"),
    ],
)
def test_what_cannot_be_wrapped_is_off_with_one_warning(warned, row, fact):
    """It names the feature, Alembic, and what to do."""
    assert not row.wrap(lambda original: original)
    assert not row.wrap(lambda original: original)

    (warning,) = warned.messages
    assert fact in warning
    assert "so these features are off: this test. Upgrade alembic-zdt, or" in warning


def test_a_name_that_a_newer_alembic_has_renamed_is_used_under_either_name():
    new = Name("alembic.script:ScriptDirectory", "_old", "", newer="get_base")
    old = Name("alembic.script:ScriptDirectory", "get_base", "", newer="_new")

    assert new.find() is old.find() is ScriptDirectory.get_base
    with new.replaced(lambda _self: "replaced"):
        assert old.find()(None) == "replaced"
    assert old.find() is ScriptDirectory.get_base


def test_a_directive_that_needs_a_missing_name_raises_an_error_of_this_package(
    project, db, monkeypatch, warned
):
    """With the feature, both versions, and the command that helps."""
    db.execute("CREATE TABLE t (id int)")
    missing = Name("alembic.runtime.migration:MigrationContext", "_none", "directives")
    monkeypatch.setattr(patches, "TRANSACTION", missing)
    project.revision("r1", 'op.create_index_concurrently("ix", "t", ["id"])')

    with pytest.raises(UnsupportedAlembicError) as caught:
        project.upgrade()

    assert caught.value.primary.startswith("cannot use directives: Alembic ")
    assert caught.value.primary.endswith(
        "has no alembic.runtime.migration.MigrationContext._none"
    )
    assert caught.value.hint.endswith(f"pip install alembic=={NEWEST}")
    assert db.value("SELECT to_regclass('ix') IS NULL")


def test_a_hook_that_fails_is_off_and_does_no_harm(warned):
    """It is not called again, and others are."""
    called = []

    @hooks.harmless("this hook")
    def hook(number):
        called.append(number)
        return 1 // 0

    assert [hook(1), hook(2)] == [None, None]
    assert called == [1]
    (warning,) = warned.messages
    assert "turned off this hook: ZeroDivisionError" in warning


def test_what_a_hook_refuses_is_refused():
    @hooks.harmless("this hook")
    def hook():
        raise UsageError("no")

    with pytest.raises(UsageError):
        hook()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (gate, "refuse_unfinished"),
        (revision_gate, "ask"),
        (phases, "workflow_phase_of"),
    ],
    ids=["backfills", "sessions", "phase"],
)
def test_a_gate_that_fails_lets_no_contract_pass(
    db, project, monkeypatch, warned, module, name
):
    """Stock revisions before it are run."""
    db.execute("CREATE TABLE t (id int, old int)")
    works = getattr(module, name)

    def broken(*arguments):
        revision = getattr(arguments[-1], "revision", None)
        if getattr(revision, "revision", revision) != "r2":
            return works(*arguments)
        raise KeyError("a fault of ours")

    monkeypatch.setattr(module, name, broken)
    project.configure(transaction_per_migration=True)
    project.revision("r1", 'op.add_column("t", sa.Column("new", sa.Integer))')
    project.revision("r2", 'op.contract_drop_column("t", "old")')

    with pytest.raises(KeyError, match="a fault of ours"):
        project.upgrade()

    assert db.columns("t") == ["id", "old", "new"]


def test_a_look_that_fails_lets_alembic_go_on_once(warned):
    """Before it did, or after."""
    done = []

    def before(_go_on):
        raise KeyError(1)

    def after(go_on):
        go_on()
        raise KeyError(2)

    for feature, look in (("before", before), ("after", after)):
        found = hooks.looking(feature, look, lambda: done.append(1) or "done")
        assert found == "done"
    assert (len(done), len(warned.messages)) == (2, 2)


def test_what_alembic_raises_while_it_is_looked_at_is_raised(warned):
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        hooks.looking("this test", lambda go_on: go_on(), fail)
    assert warned.messages == []


def test_the_newest_alembic_is_the_one_that_is_tested():
    assert LIBRARIES[-1][0] == NEWEST


def test_one_name_with_two_features_is_one_warning(warned, monkeypatch):
    """Whatever is missing is named once, with all that needs it."""
    row = next(row for row in TABLE if row.owner.endswith(":HeadMaintainer"))
    monkeypatch.delattr("alembic.runtime.migration.HeadMaintainer")

    assert not row.wrap(lambda original: original)
    (warning,) = warned.messages
    assert "the guard" in warning
    assert "the check of heads" in warning


def test_steps_of_another_alembic_are_refused(monkeypatch):
    """A command of this package says what it lacks."""
    monkeypatch.setattr(patches, "UPGRADE_REVS", MISSING)

    with pytest.raises(UnsupportedAlembicError):
        list(contexts.steps_between(None, (), "heads", downgrade=False))


@pytest.mark.parametrize(
    ("text", "error"),
    [("X = {}['missing']", KeyError), ("X = (", SyntaxError)],
    ids=["KeyError", "SyntaxError"],
)
@pytest.mark.parametrize("command", ["upgrade", "check"])
def test_a_file_that_cannot_be_imported_is_no_failure_of_a_hook(
    project, command, text, error
):
    """Else the features of the hook would be off for all later runs of a process."""
    path = project.revision("r1")
    project.write(path, f"{path.read_text()}\n{text}\n")
    arguments = ["head"] if command == "upgrade" else []

    with pytest.raises(error) as raised:
        project.run(command, *arguments)

    assert not getattr(raised.value, "__notes__", [])
