"""Renames: the hints, what is written for them, and hints that cannot be followed."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from alembic_zdt.commands.revision import revision
from alembic_zdt.errors import UndefinedObjectError, UsageError

pytestmark = pytest.mark.compat

SETUP = "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)"
MODELS = """
metadata = sa.MetaData()
users = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email_address", sa.Text, nullable=False{info}))
"""
INFO = ', info={"zdt": {"renamed_from": "email"}}'
PHASES = {
    "expand": ["op.expand_rename_column('users', 'email', 'email_address')"],
    "migrate": ["op.migrate_rename_column('users', 'email', 'email_address')"],
    "contract": ["op.contract_rename_column('users', 'email', 'email_address')"],
}


@pytest.fixture
def users(db):
    db.execute(SETUP)
    db.execute("INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 20) n")


@pytest.mark.usefixtures("users")
def test_hint_of_the_model(db, project, generate):
    """It is a rename in three phases, and back."""
    before = db.catalog()

    assert generate(MODELS.format(info=INFO)).bodies == PHASES

    project.upgrade()
    assert db.columns("users") == ["id", "email_address"]
    project.run("check")
    project.downgrade()
    assert db.catalog() == before


@pytest.mark.usefixtures("users")
def test_hint_stays_in_the_model_and_does_no_harm(project, generate):
    generate(MODELS.format(info=INFO))
    project.upgrade()

    project.run("check")
    text = generate(MODELS.format(info=INFO), rev_id="0002").files
    assert "op." not in "".join(text.values()).partition("def upgrade")[2]


@pytest.mark.usefixtures("users")
def test_hint_on_the_command_line(db, project):
    project.models(MODELS.format(info=""))

    project.cli(
        "revision",
        "--autogenerate",
        "-m",
        "rename",
        "--rename",
        "users.email:email_address",
        module="alembic_zdt",
    ).ok()

    text = "".join(path.read_text() for path in project.scripts())
    for (call,) in PHASES.values():
        assert call in text


def test_hint_for_a_table(db, project):
    db.execute(SETUP.replace("users", "people"))
    project.models(MODELS.format(info="").replace("email_address", "email"))

    hints = ["people:users"]
    revision(project.config(), renames=hints, autogenerate=True, message="x")

    text = "".join(path.read_text() for path in project.scripts())
    assert "op.expand_rename_table('people', 'users')" in text
    assert "op.contract_rename_table('people', 'users')" in text


def test_table_that_is_renamed_with_another_type_in_it(db, project):
    """PostgreSQL changes no type of what a view shows."""
    db.execute(SETUP.replace("users", "people"))
    models = MODELS.format(info="").replace("email_address", "email")
    project.models(models.replace("sa.Text", "sa.LargeBinary"))

    with pytest.raises(UsageError) as caught:
        revision(
            project.config(), renames=["people:users"], autogenerate=True, message="x"
        )

    said = (
        'cannot rename table "people" to "users" and change the type of "email" in one'
        " step"
    )
    assert caught.value.primary == said
    assert project.scripts() == []


@pytest.mark.usefixtures("users")
def test_hint_by_x_argument(db, project, generate):
    project.models(MODELS.format(info=""))
    project.rewriting()

    project.run(
        "revision",
        "rename",
        autogenerate=True,
        x=["zdt.rename=users.email:email_address"],
    )

    text = "".join(path.read_text() for path in project.scripts())
    for (call,) in PHASES.values():
        assert call in text


def test_without_a_hint_it_is_dropped_and_added(db, generate):
    """And the file says how to make it a rename."""
    db.execute(SETUP)

    written = generate(MODELS.format(info=""))

    assert "expand_rename_column" not in written.text
    words = re.sub(r"\s+", " ", written.text)
    assert (
        'If it is "email_address" under another name, delete these files, and write '
        'info={"zdt": {"renamed_from": "email"}} in the model, or pass --rename '
        "users.email:email_address."
    ) in words


BAD = {
    "column": (
        ["--rename", "users.mail:email_address"],
        UndefinedObjectError,
        'column "users.mail" does not exist',
    ),
    "table": (
        ["--rename", "user.email:email_address"],
        UndefinedObjectError,
        'table "user" does not exist',
    ),
    "new-name": (
        ["--rename", "users.email:address"],
        UndefinedObjectError,
        '"address" of --rename users.email:address is not in the models',
    ),
    "form": (
        ["--rename", "users.email"],
        UsageError,
        '--rename "users.email" is not understood',
    ),
    "two-hints": (
        [
            "--rename",
            "users.email:email_address",
            "--rename",
            "users.name:email_address",
        ],
        UsageError,
        (
            '"users.name" is renamed to "email_address", and "users.email" to '
            '"email_address"'
        ),
    ),
    "target-exists": (
        ["--rename", "users.email:code"],
        UsageError,
        'cannot rename "users.email" to "code", which exists already',
    ),
    "still-there": (
        ["--rename", "users.code:email_address"],
        UsageError,
        '"users.code" is renamed to "email_address", but is still in the models',
    ),
    "another-type": (
        ["--rename", "users.since:email_address"],
        UsageError,
        '"users.since" is renamed to "email_address" and gets another type',
    ),
}


@pytest.mark.parametrize(("options", "error", "said"), BAD.values(), ids=BAD)
def test_hint_that_cannot_be_followed(db, project, options, error, said):
    """A clear error, before any file is written."""
    db.execute(
        "CREATE TABLE users (id int PRIMARY KEY, email text, name text, code text,"
        " since date)"
    )
    models = MODELS.format(info="").replace(
        "sa.Text, nullable=False)", 'sa.Text), sa.Column("code", sa.Text)'
    )
    project.models(models)

    with pytest.raises(error) as caught:
        revision(
            project.config(),
            renames=options[1::2],
            autogenerate=True,
            message="x",
        )

    assert caught.value.primary == said
    assert project.scripts() == []


def test_rename_without_autogenerate(project):
    with pytest.raises(UsageError, match="--rename without --autogenerate"):
        revision(project.config(), renames=["a.b:c"], message="x")

    assert project.scripts() == []


def test_hint_that_nobody_understands(db, project, generate):
    db.execute(SETUP)

    with pytest.raises(UsageError, match='The only hint is "renamed_from"'):
        generate(MODELS.format(info=', info={"zdt": {"rename": "email"}}'))

    assert project.scripts() == []


def test_old_hints_do_no_harm_in_a_new_database(project, generate):
    """Nothing is there yet, so nothing has an old name."""
    written = generate(MODELS.format(info=INFO))

    assert "op.create_table('users'" in written.text
    assert "rename" not in written.text.partition("def upgrade")[2]


ANSWERS = {"yes": ("1", True), "no": ("", False)}


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(("answer", "renamed"), ANSWERS.values(), ids=ANSWERS)
def test_question_on_a_terminal(project, answer, renamed):
    project.models(MODELS.format(info=""))

    said = on_terminal(project, answer)

    assert 'Column "users.email_address" is new.' in said
    assert "1  email" in said
    text = "".join(path.read_text() for path in project.scripts())
    assert ("op.expand_rename_column('users', 'email'" in text) is renamed


@pytest.mark.usefixtures("users")
def test_nobody_is_asked_for_another_type(project):
    project.models(MODELS.format(info="").replace("sa.Text", "sa.Integer"))

    assert "is new." not in on_terminal(project, "")


def on_terminal(project, answer):
    """Run ``alembic-zdt revision`` where somebody types; what is to be seen."""
    main, side = pty.openpty()
    command = [sys.executable, "-m", "alembic_zdt", "-c", str(project.ini)]
    command += ["revision", "--autogenerate", "-m", "x"]
    with subprocess.Popen(
        command, cwd=project.folder, stdin=side, stdout=side, stderr=side
    ) as process:
        os.close(side)
        os.write(main, f"{answer}\n".encode())
        seen = b""
        while chunk := _read(main):
            seen += chunk
        assert process.wait(30) == 0, seen.decode()
    os.close(main)
    return seen.decode()


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # nobody has its other end any more
        return b""
