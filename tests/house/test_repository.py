"""The files at the root, and those that the repository's host reads."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import alembic_zdt
from alembic_zdt.documentation import SITE

ROOT = Path(__file__).resolve().parents[2]
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
HOME = "https://github.com/alembic-zdt/alembic-zdt"
PAGES = ["CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md"]
FIELDS = {"checkboxes", "dropdown", "input", "markdown", "textarea"}


def _yaml(path):
    return yaml.safe_load((ROOT / path).read_text())


def _project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_version_is_written_twice_and_is_the_same():
    assert _project()["version"] == alembic_zdt.__version__


def test_addresses_of_the_project_are_in_its_repository():
    urls = _project()["urls"]

    site = {"Documentation"} if SITE else set()
    assert set(urls) == {"Homepage", "Repository", "Issues", "Changelog"} | site
    assert urls["Homepage"] == urls["Repository"] == HOME
    assert urls["Issues"] == f"{HOME}/issues"
    path = urls["Changelog"].removeprefix(f"{HOME}/blob/main/")
    assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_at_the_root_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text())

    assert targets
    for target in targets:
        assert target.startswith(f"{HOME}/") or (ROOT / target).is_file(), target


@pytest.mark.parametrize("page", PAGES)
def test_page_at_the_root_is_short(page):
    assert len((ROOT / page).read_text().splitlines()) <= 40


# --------------------------------------------------------------------- pre-commit


def _hooks():
    (repository,) = _yaml(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    return repository["hooks"]


@pytest.mark.parametrize("hook", _hooks(), ids=lambda hook: hook["id"])
def test_hook_runs_a_program_of_the_environment(hook):
    """Nothing is downloaded, and the program is there."""
    program, *arguments = shlex.split(hook["entry"])

    assert hook["language"] == "system"
    assert {"id", "name", "entry"} <= hook.keys()
    assert program.startswith(".venv/bin/")
    assert Path(sys.executable).with_name(Path(program).name).exists()
    if arguments[:1] == ["-m"]:
        assert importlib.util.find_spec(arguments[1])


def test_hooks_are_parts_of_make_lint():
    """What a hook accepts is accepted by CI."""
    lint = (ROOT / "tools" / "lint.py").read_text()
    for hook in _hooks():
        program, *arguments = shlex.split(hook["entry"])
        word = arguments[1] if arguments[:1] == ["-m"] else Path(program).name
        assert f'"{word}"' in lint, hook["id"]


def test_published_hook_runs_a_command_of_the_package():
    """The one that other repositories use."""
    (hook,) = _yaml(".pre-commit-hooks.yaml")
    program, command = shlex.split(hook["entry"])

    assert hook["id"] == "alembic-zdt-lint"
    assert program in _project()["scripts"]
    assert command == "lint"
    assert re.search(hook["files"], "migrations/versions/0001_a.py")


# ------------------------------------------------------------------------- .github


def test_workflow_runs_what_a_developer_runs():
    """Its one command is .ci/run, for pushes to main and for pull requests."""
    workflow = _yaml(".github/workflows/ci.yml")
    triggers = workflow[True]  # YAML 1.1 reads the key "on" so
    (job,) = workflow["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]

    assert set(triggers) == {"push", "pull_request"}
    assert triggers["push"] == {"branches": ["main"]}
    assert workflow["permissions"] == {"contents": "read"}
    assert commands == ["bash .ci/run"]
    assert (ROOT / ".ci" / "run").is_file()
    assert job["steps"][0]["uses"].startswith("actions/checkout@")
    assert job["timeout-minutes"] > 0


@pytest.mark.parametrize("name", ["bug.yml", "feature.yml"])
def test_issue_form_has_what_the_host_asks_for(name):
    """A name, a description, and fields with labels and ids of their own."""
    form = _yaml(FORMS / name)
    fields = form["body"]
    asking = [field for field in fields if field["type"] != "markdown"]
    ids = [field["id"] for field in asking]

    assert form["name"]
    assert form["description"]
    assert {field["type"] for field in fields} <= FIELDS
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z_-]+", each) for each in ids)
    assert all(field["attributes"]["label"] for field in asking)
    assert any(field.get("validations", {}).get("required") for field in asking)
    for field in fields:
        if field["type"] == "markdown":
            assert field["attributes"]["value"]


def test_vulnerabilities_are_not_reported_as_issues():
    config = _yaml(FORMS / "config.yml")

    assert config["blank_issues_enabled"] is False
    (link,) = config["contact_links"]
    assert link["url"] == f"{HOME}/security/advisories/new"
    assert link["url"] in (ROOT / "SECURITY.md").read_text()


def test_targets_that_the_templates_name_exist():
    makefile = (ROOT / "Makefile").read_text()
    texts = [ROOT / "CONTRIBUTING.md", ROOT / ".github" / "pull_request_template.md"]
    named = [t for text in texts for t in re.findall(r"`make (\w+)`", text.read_text())]

    assert named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
