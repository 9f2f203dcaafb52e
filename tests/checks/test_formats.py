"""What the lint prints for other programs, and of which files."""

from __future__ import annotations

import json
import subprocess

import pytest

from alembic_zdt.commands.lint import lint
from alembic_zdt.commands.lint.formats import FORMATS
from alembic_zdt.errors import UsageError
from tests.support.output import parsed

BODY = 'op.create_index("ix|y%", "users", ["email"])'


@pytest.fixture
def done(project):
    """Run the program in the project's folder."""
    project.revision("r1", BODY)

    def run(*arguments):
        """Its result."""
        return project.cli("lint", *arguments, module="alembic_zdt")

    return run


def line_of(project, text=BODY):
    lines = project.scripts()[0].read_text().splitlines()
    return lines.index(f"    {text}") + 1


@pytest.mark.parametrize("name", FORMATS)
def test_exit_code_is_the_same(done, name):
    assert done("--format", name).rc == 2


def test_github(project, done):
    first, *others = done("--format", "github").stdout.splitlines()

    place = f"file=migrations/versions/r1_.py,line={line_of(project)}"
    assert first.startswith(f"::error {place},title=create-index::the index ix|y%25 is")
    assert "%0Aop.create_index_concurrently('ix|y%25'" in first
    assert others == []


def test_github_with_a_comma_in_the_path(project, done):
    """A comma ends a value there, and a colon all of them."""
    path = project.scripts()[0]
    path.rename(path.with_name("r1_a,line=9:b.py"))

    first, *_ = done("--format", "github").stdout.splitlines()

    assert "r1_a%2Cline=9%3Ab.py,line=" in first


def test_gitlab(project, done):
    (found,) = json.loads(done("--format", "gitlab").stdout)

    assert found["check_name"] == "create-index"
    assert found["severity"] == "critical"
    assert found["location"] == {
        "path": "migrations/versions/r1_.py",
        "lines": {"begin": line_of(project)},
    }
    assert len(found["fingerprint"]) == 32


def test_sarif(project, done):
    report = json.loads(done("--format", "sarif").stdout)

    (run,) = report["runs"]
    (result,) = run["results"]
    assert report["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["create-index"]
    assert result["ruleId"] == "create-index"
    assert result["level"] == "error"
    (location,) = result["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": line_of(project)}


def test_markdown(done):
    lines = done("--format", "markdown").stdout.splitlines()

    assert lines[0] == "| where | check | what | instead |"
    assert "ix\\|y%" in lines[2]
    assert lines[2].count(" | ") == 3


def test_markdown_of_what_was_not_looked_at(project, done):
    project.revision("r2", "raise ValueError('a|b')", down_revision="r1")

    last = done("--format", "markdown").stdout.splitlines()[-1]

    assert "a\\|b" in last
    assert last.replace("\\|", "").count("|") == 5


def test_fingerprint_stays_when_lines_move(project):
    project.revision("r1", BODY)
    (before,) = lint(project.config()).findings
    path = project.scripts()[0]
    project.write(path, path.read_text().replace(BODY, f"pass\n    {BODY}"))

    (after,) = lint(project.config()).findings

    assert after.line == before.line + 1
    assert after.fingerprint == before.fingerprint


def test_unknown_format(done):
    said = done("--format", "yaml")

    assert said.rc == 255
    assert "The formats are" in said.output


# -------------------------------------------------------------- what is looked at


def test_baseline(project, done):
    """What was there when it was written is not reported again; what is new is."""
    assert done("--write-baseline", "lint.json").rc == 0
    file = project.folder / "lint.json"
    known = parsed("baseline", file.read_text())["findings"]
    assert known
    first = done("--baseline", "lint.json")
    assert first.rc == 0
    assert "1 revision, 0 findings" in first.stdout

    project.revision("r2", 'op.drop_table("a")')
    file.write_text(json.dumps(known))  # as an older version wrote it
    second = done("--baseline", "lint.json", "--json")

    (found,) = parsed("lint", second.stdout)["findings"]
    assert found["check"] == "drop-table"


@pytest.mark.parametrize("text", [None, "[]", "{"])
def test_baseline_that_is_none(project, done, text):
    """Nor does a name that is written wrongly hide everything."""
    if text is not None:
        project.write("lint.json", text)

    said = done("--baseline", "lint.json")

    assert said.rc == 255
    assert "cannot read the baseline" in said.output


def test_since(project, done):
    project.revision("r2", 'op.drop_table("a")')

    assert done("--since", "r1").stdout.count("error:") == 1
    assert done("--since", "r1", "r1:heads").rc == 255


# ----------------------------------------------------------------------------- git


@pytest.fixture
def repository(project):
    """With one revision on the branch that the others come from."""

    def git(*arguments):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        command = ["git", *identity, *arguments]
        subprocess.run(command, cwd=project.folder, check=True, capture_output=True)

    git("init", "-b", "main")
    project.revision("r1", BODY)
    git("add", "-A")
    git("commit", "-m", "first")
    return git


def test_only_what_the_branch_has_changed(project, repository):
    repository("checkout", "-b", "branch")
    project.revision("r2", 'op.drop_table("a")')
    repository("add", "-A")
    repository("commit", "-m", "second")
    project.revision("r3", 'op.drop_column("b", "c")')

    found = lint(project.config(), git="main")

    assert [each.check for each in found.findings] == ["drop-table", "drop-column"]
    assert found.revisions == 2


def test_nothing_was_changed(project, repository):
    assert lint(project.config(), git="main").revisions == 0


def test_no_such_commit(project, repository):
    with pytest.raises(UsageError, match="git cannot tell"):
        lint(project.config(), git="nowhere")


def test_no_repository(project):
    project.revision("r1", BODY)

    with pytest.raises(UsageError, match="git cannot tell"):
        lint(project.config(), git="main")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_what_was_not_looked_at(project, name):
    project.revision("r1", "1 / 0")

    text = "\n".join(FORMATS[name](lint(project.config())))

    assert "ZeroDivisionError: division by zero" in text


def test_lint_without_the_parser_says_so_once(project, monkeypatch, capsys):
    from alembic_zdt.checks.sql import parsing
    from alembic_zdt.cli.linting import lint as command

    monkeypatch.setattr(parsing, "_library", lambda: None)
    project.revision("r1", 'op.execute("ANALYZE a")\nop.execute("ANALYZE b")')
    names = ("git", "explain", "since", "baseline", "written", "database", "facts")
    options = dict.fromkeys(names)

    with pytest.raises(SystemExit) as caught:
        command(
            project.config(),
            [],
            as_json=True,
            format="human",
            downgrade=False,
            stubs=[],
            fix=False,
            **options,
        )

    assert caught.value.code == 1
    said = [line for line in capsys.readouterr().err.splitlines() if "SQL" in line]
    assert said == [
        "WARNING: SQL was not looked at in 2 places: its parser is not installed"
    ]
