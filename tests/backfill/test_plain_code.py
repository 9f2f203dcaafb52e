"""Which functions of a revision may be called once more, to read their calls."""

from __future__ import annotations

import textwrap

import pytest

from alembic_zdt.backfill.plain_code import PlainCode

HEAD = "import sqlalchemy as sa\nfrom alembic import op\nfrom mailer import send\n"
PLAIN = (
    'op.add_column("t", sa.Column("c", sa.Integer()))',
    'op.create_check_constraint_two_phase("k", "t", sa.column("c").like("a%"))',
    'op.create_index_concurrently("i", "t", [sa.column("c").desc().nulls_last()])',
    'op.backfill("t", {"c": "1"}, where=sa.column("c").is_(None))',
    'for name in ["a", "b"]:\n    op.drop_not_null("t", name)',
)
MORE = (
    'op.get_bind().execute(sa.text("SELECT 1"))',
    "send(1)",
    'open("file").read()',
    'op.drop_not_null("t", send("c"))',
)


@pytest.mark.parametrize(
    ("body", "plain"), [(b, True) for b in PLAIN] + [(b, False) for b in MORE]
)
def test_code_that_only_calls_operations(body, plain):
    source = f"{HEAD}def upgrade():\n{textwrap.indent(body, '    ')}\n"

    assert PlainCode(source.encode()).is_plain("upgrade") is plain
