"""Hints with the caller's own call rewritten: each runs as it is pasted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import alembic_zdt
from alembic_zdt.errors import ZdtError

PACKAGE = Path(alembic_zdt.__file__).parent

TABLES = (
    "CREATE TABLE users (id int PRIMARY KEY, email text, total int)",
    # More than the megabyte up to which a table may be rewritten at once.
    "INSERT INTO users SELECT n, repeat('u', 900), n FROM generate_series(1, 1500) n",
    "CREATE TYPE mood AS ENUM ('sad', 'happy')",
)
HINTS = {
    "added-with-an-index": (
        (
            'op.expand_add_column("users", sa.Column("a", sa.Integer(), index=True,'
            ' comment="c"), backfill="total")'
        ),
        (
            "Write op.expand_add_column('users', sa.Column('a', sa.Integer(), "
            "comment='c'), backfill='total'), then "
            "op.create_index_concurrently('ix_users_a', 'users', ['a'])."
        ),
    ),
    "added-unique": (
        'op.expand_add_column("users", sa.Column("a", sa.Integer(), unique=True))',
        (
            "Write op.expand_add_column('users', sa.Column('a', sa.Integer())), then "
            "op.create_unique_constraint_concurrently('uq_users_a', 'users', ['a'])."
        ),
    ),
    "added-with-a-foreign-key": (
        (
            'op.expand_add_column("users", sa.Column("a", sa.Integer(),'
            ' sa.ForeignKey("users.id", ondelete="CASCADE")))'
        ),
        (
            "Write op.expand_add_column('users', sa.Column('a', sa.Integer())), then "
            "op.create_foreign_key_two_phase('fk_users_a_users', 'users', 'users', "
            "['a'], ['id'], ondelete='CASCADE')."
        ),
    ),
    "added-with-stored-values": (
        (
            'op.expand_add_column("users", sa.Column("a", sa.Integer(),'
            ' sa.Computed("total * 2", persisted=True)))'
        ),
        (
            "Add an ordinary column with op.expand_add_column('users', sa.Column('a',"
            " sa.Integer())), and fill it with op.backfill('users',"
            " {'a': sa.text('total * 2')})."
        ),
    ),
    "altered-to-another-type": (
        (
            'op.alter_column_safely("users", "total", type_=sa.BigInteger(),'
            " existing_type=sa.Integer())"
        ),
        (
            "Write op.expand_alter_column_type('users', 'total', sa.BigInteger(), "
            "existing_type=sa.Integer()), "
            "op.migrate_alter_column_type('users', 'total', sa.BigInteger(), "
            "existing_type=sa.Integer()) and "
            "op.contract_alter_column_type('users', 'total', sa.BigInteger(), "
            "existing_type=sa.Integer()), each in a revision of its own."
        ),
    ),
    "enum-with-other-values": (
        (
            'op.expand_add_column("users", sa.Column("a",'
            ' sa.Enum("new", "sad", "ok", "happy", name="mood")))'
        ),
        (
            "Choose another name, or add what is missing with "
            "op.add_enum_value('mood', 'new', before='sad') and "
            "op.add_enum_value('mood', 'ok', after='sad') first."
        ),
    ),
}


def calls_in(hint):
    """Return the calls in a hint, in their order."""
    found = []
    for match in re.finditer(r"op\.\w+\(", hint):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(hint[end], 0)
            end += 1
        found.append(hint[match.start() : end])
    return found


@pytest.mark.parametrize(("call", "hint"), HINTS.values(), ids=HINTS)
def test_call_of_the_hint_runs_as_it_is_pasted(db, project, call, hint):
    for statement in TABLES:
        db.execute(statement)
    project.revision("r1", call)
    with pytest.raises(ZdtError) as caught:
        project.upgrade()
    assert caught.value.hint == hint

    pasted = calls_in(hint)
    project.revision("r1", "\n".join(pasted))
    project.upgrade()

    assert project.current == ["r1"]
    if "add_enum_value" in hint:  # the hint is for what comes before the call
        project.revision("r2", call)
        project.upgrade()
        assert project.current == ["r2"]


ELLIPSIS = re.compile(r"\w\([^()\n]*(?:\.\.\.|…)")
REASON = 'op.safety_assured("...")'


def test_no_hint_is_a_call_with_an_ellipsis():
    """What nobody can know is not written as if it could be pasted."""
    found = [
        f"{path.name}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        for line in _strings(path)
        if ELLIPSIS.search(line.replace(REASON, ""))
    ]

    assert found == []


def _strings(path):
    """Yield the lines of a file that are in a message, not in a docstring."""
    is_docstring = False
    for line in path.read_text().splitlines():
        if line.count('"""') == 1:
            is_docstring = not is_docstring
        elif not is_docstring and '"""' not in line and "op." in line:
            yield line
