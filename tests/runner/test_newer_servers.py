"""A server that is newer than those we test is taken for the newest of those."""

from __future__ import annotations

from datetime import date

import pytest

from alembic_zdt.catalog.column import is_not_null_proven
from alembic_zdt.checks.registry import own_checks
from alembic_zdt.commands.lint.command import lint
from alembic_zdt.doctor.server import about_version
from alembic_zdt.errors import ZdtError
from alembic_zdt.names import QualifiedName
from alembic_zdt.operations.constraints.not_null import AddNotNullTwoPhaseOp
from alembic_zdt.operations.indexes.concurrent_index import (
    CreateIndexConcurrentlyOp,
    IndexSpec,
)
from alembic_zdt.runner.script.render import head, offline_server, script
from alembic_zdt.runner.servers import check_version
from alembic_zdt.server_facts import Server
from alembic_zdt.settings import Settings
from tests.support.server import version_fits
from tools.directives import directives
from tools.recorded import VERSIONS, operation_of, steps_of, steps_on_partitioned

NEWEST = VERSIONS[-1]
EXCLUDE = (
    "__import__('sqlalchemy.dialects.postgresql').dialects.postgresql.ExcludeConstraint"
)
newer = pytest.mark.parametrize("major", [NEWEST + 1, NEWEST + 2])
every_directive = pytest.mark.parametrize(
    "directive", directives(), ids=lambda directive: directive.name
)


def _statements(steps):
    if isinstance(steps, ZdtError):
        return str(steps)
    return [step.sql for step in steps]


@newer
@every_directive
def test_steps_are_those_of_the_newest(directive, major):
    """On ordinary and on partitioned tables."""
    operation = operation_of(directive.parts.example)

    for steps in (steps_of, steps_on_partitioned):
        known = _statements(steps(operation, NEWEST))
        assert known == _statements(steps(operation, major))


@newer
@every_directive
@pytest.mark.parametrize("flavor", ["psql", "plain"])
def test_script_is_that_of_the_newest(directive, major, flavor):
    """``target_version`` takes every number from 14 on."""

    def written(target):
        settings = Settings.from_sources(
            ("here", {"target_version": str(target), "sql_flavor": flavor})
        )
        recipe = operation_of(directive.parts.example)
        server = offline_server(settings)
        return [*head(psql=flavor == "psql"), *script(recipe, server, settings)]

    assert written(major) == written(NEWEST)


@newer
def test_lint_finds_what_it_finds_for_the_newest(project, major):
    """One revision has the bad example of each check."""
    for number, check in enumerate(own_checks()):
        project.revision(
            f"r{number:03}", check.bad.replace("ExcludeConstraint", EXCLUDE)
        )

    def found(target):
        project.settings(target_version=str(target))
        return lint(project.config())

    assert found(NEWEST).findings
    assert found(major) == found(NEWEST)


@newer
def test_server_is_not_refused(major):
    """Not even a build of an index, which some old ones must not do."""
    build = CreateIndexConcurrentlyOp(
        IndexSpec("ix", QualifiedName("users"), ("email",))
    )
    for recipe in (build, AddNotNullTwoPhaseOp("users", "email")):
        check_version(Server(version=major * 10000, online=True), recipe)


@newer
def test_doctor_has_nothing_against_it(major):
    """It knows no bug of it, no newer minor release, and no last day."""
    assert list(about_version(major * 10000, date(2026, 11, 28))) == []


@newer
def test_proof_of_not_null_is_that_of_the_newest(major):
    """From 18 on the mark of the column alone proves nothing."""
    table = QualifiedName("users")
    proofs = {
        is_not_null_proven(table, "email", each * 10000) for each in (NEWEST, major)
    }
    assert len(proofs) == 1


@newer
def test_marker_of_tests_knows_it(major):
    """``pg(">=18")`` runs on it, ``pg("<18")`` does not."""
    assert version_fits(f">={NEWEST}", major)
    assert not version_fits(f"<{NEWEST}", major)
    assert not version_fits(f"=={NEWEST}", major)
