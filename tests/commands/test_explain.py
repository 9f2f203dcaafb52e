"""An error, and the page that its line ``docs:`` leads to without a network."""

from __future__ import annotations

import io

import pytest
from alembic.config import Config

from alembic_zdt import cli, documentation, errors
from alembic_zdt.checks import registry
from alembic_zdt.checks.check_definition import Check
from alembic_zdt.commands.explain import page
from alembic_zdt.errors import UnsafeOperationError, UsageError, ZdtError
from alembic_zdt.findings import Severity

CLASSES = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, ZdtError)
]
CHECKS = [*registry.own_checks()]


def explained(error):
    """Return the page behind the line ``docs:`` of an error."""
    *command, name = error.docs.split()
    assert command == ["alembic-zdt", "explain"]
    return page(name)


@pytest.mark.parametrize("error", CLASSES, ids=lambda each: each.__name__)
def test_docs_of_an_error_name_its_page(error):
    printed = explained(error("something"))

    assert f"`{error.__name__}`" in printed or error is ZdtError
    assert printed == page(error.__name__)


def test_docs_of_a_stopped_operation_name_the_page_of_the_check():
    printed = explained(UnsafeOperationError("unsafe", check="set-not-null"))

    assert 'op.add_not_null_two_phase("users", "email")' in printed


@pytest.mark.parametrize(
    "arguments", [("explain", "set-not-null"), ("lint", "--explain", "set-not-null")]
)
def test_page_needs_no_project(tmp_path, arguments):
    """Whoever is on call has the package, and nothing else."""
    written = io.StringIO()
    config = Config(stdout=written)
    config.config_file_name = str(tmp_path / "alembic.ini")
    program = cli.command_line()

    program.run_cmd(config, program.parser.parse_args(arguments))

    assert written.getvalue() == f"{page('set-not-null')}\n"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_page_of_a_check(check):
    printed = page(check.id)

    assert printed.startswith(f"# {check.id}\n")
    assert check.bad in printed
    assert all(good in printed for good in check.good_revisions)


def test_no_error_has_the_id_of_a_check():
    """One command explains both."""
    assert {each.anchor for each in CLASSES}.isdisjoint(check.id for check in CHECKS)


def test_page_of_a_check_of_another_package(monkeypatch):
    theirs = Check(
        id="their-check",
        severity=Severity.NOTE,
        reason="Because.",
        look=lambda *_: (),
        setup="",
        bad="op.bad()",
        good=("op.first()", "op.second()"),
    )
    monkeypatch.setattr(
        "alembic_zdt.commands.explain.all_checks", lambda: {"their-check": theirs}
    )

    for words in ("Because.", "op.bad()", "op.first()", "op.second()"):
        assert words in page("their-check")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("lock-not-avaliable", "lock-not-available"),
        ("LockNotAvailable", "LockNotAvailableError"),
        ("set-nul", "set-not-null"),
        ("primary", "add-primary-key"),
        ("xyzzy", "errors"),
    ],
)
def test_unknown_id(name, near):
    with pytest.raises(UsageError, match=f'"{name}"') as caught:
        page(name)

    assert near in caught.value.detail
    page(caught.value.hint.rstrip(".").split()[-1])


@pytest.mark.parametrize(
    ("error", "url"),
    [
        (UsageError("x"), "https://docs.example.org/0.1.0/errors.html#usage"),
        (
            UnsafeOperationError("x", check="set-not-null"),
            "https://docs.example.org/0.1.0/checks/set-not-null.html",
        ),
    ],
)
def test_docs_are_a_url_where_there_is_a_site(monkeypatch, error, url):
    monkeypatch.setattr(documentation, "SITE", "https://docs.example.org/0.1.0")

    assert error.docs == url
