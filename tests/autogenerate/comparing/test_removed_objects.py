"""Constraints that go keep the options of the database for the downgrade."""

from __future__ import annotations

from alembic.operations import ops

from alembic_zdt.autogenerate.comparing.removed_objects import complete
from alembic_zdt.catalog.special_options import ConstraintOptions, SpecialOptions


def test_drop_of_a_plugin_without_a_downgrade_is_kept():
    """Nothing tells which columns the constraint has."""
    options = ConstraintOptions(kind="u", deferrable=True)
    special = SpecialOptions(constraints={("public", "t"): {"uq": options}})
    drop = ops.DropConstraintOp("uq", "t", type_="unique")
    upgrade = ops.UpgradeOps([ops.ModifyTableOps("t", [drop])])

    complete(upgrade, special, "public")

    (container,) = upgrade.ops
    assert container.ops == [drop]
