"""Which directives of a revision hide what an earlier one has done."""

from __future__ import annotations

import pytest

from alembic_zdt import registration
from alembic_zdt.operations.changed_again import changes_again

INDEX = "op.create_index_concurrently('ix', 'orders', ['total'], schema='s')"
RENAME = "op.contract_rename_column('orders', 'total', 'sum', schema='s')"


@pytest.mark.parametrize(
    ("earlier", "later", "is_hidden"),
    [
        (INDEX, RENAME, True),
        (INDEX, RENAME.replace("total", "other"), False),
        (INDEX, "op.create_index_concurrently('iy', 'orders', ['total'])", False),
        (INDEX, "op.rename_index_safely('ix', 'iy')", True),
        (INDEX, "op.contract_rename_table('orders', 'bills')", True),
        (INDEX, "op.contract_drop_table('bills')", False),
        (RENAME.replace("contract", "expand"), RENAME, False),
        (
            RENAME,
            "op.contract_rename_column('orders', 'sum', 'all', schema='s')",
            True,
        ),
        (
            "op.create_check_constraint_two_phase('c', 'orders', 'total > 0')",
            RENAME,
            True,
        ),
        ("op.add_enum_value('state', 'new')", RENAME, False),
        ("op.backfill('orders', {'a': 'total'}, where='a IS NULL')", RENAME, True),
        ("op.expand_add_column('orders', Column('total', <Own>))", RENAME, True),
        ("op.expand_add_column('bills', Column('n', <Own>))", RENAME, False),
        (RENAME, "op.expand_add_column('orders', Column('total', <Own>))", True),
    ],
)
def test_only_a_change_of_the_same_object_counts(earlier, later, is_hidden):
    """Not another column of its table, nor another phase of one workflow."""
    registration.register()

    assert changes_again(earlier, later) is is_hidden
