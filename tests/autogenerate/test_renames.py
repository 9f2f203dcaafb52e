"""Renames: the hints, what is written for them, and hints that cannot be followed."""

from __future__ import annotations

import re

import pytest

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
        'info={"zdt": {"renamed_from": "email"}} in the model, or --rename '
        "users.email:email_address."
    ) in words
