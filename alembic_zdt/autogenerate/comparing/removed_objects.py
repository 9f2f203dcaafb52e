"""Constraints and indexes that a comparison removes, complete for the downgrade.

SQLAlchemy does not reflect every option of a constraint, and Alembic does not keep
every reflected option.  SQLAlchemy would read a colon in the predicate of an index as
the start of a bind parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import (
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.found.bare_texts import escaped, without_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic_zdt.catalog.special_options import ConstraintOptions, SpecialOptions

_MATCHES = {"f": "FULL", "p": "PARTIAL"}


def complete(
    upgrade_ops: ops.UpgradeOps, special: SpecialOptions, schema: str | None
) -> None:
    """Give each removed constraint the options that it has in the database.

    Args:
        upgrade_ops: the operations that Alembic has found.
        special: the options of the database that are not the default.
        schema: the schema of tables that name none.
    """
    containers = [op for op in upgrade_ops.ops if isinstance(op, ops.ModifyTableOps)]
    for container in (upgrade_ops, *containers):
        container.ops[:] = [_completed(op, special, schema) for op in container.ops]


def _index(op: ops.DropIndexOp) -> None:
    """Escape the colons in the SQL of a dropped index."""
    created = comparisons.created_before(op)
    if created is None:
        return
    for options in (op.kw, created.kw):
        where = options.get("postgresql_where")
        if isinstance(where, str) and escaped(where) != where:
            options["postgresql_where"] = text(escaped(where))
    created.columns = [without_parameters(each) for each in created.columns]


def _completed(op: Any, special: SpecialOptions, schema: str | None) -> Any:
    if type(op) is ops.DropIndexOp:
        _index(op)
        return op
    there = special.constraints.get(
        (str(getattr(op, "schema", None) or schema), str(getattr(op, "table_name", "")))
    )
    if there is None or type(op) not in _COMPLETED:
        return op
    return _COMPLETED[type(op)](op, there)


def _table(op: ops.DropTableOp, there: Mapping[str, ConstraintOptions]) -> Any:
    table = op.to_table()
    for constraint in table.constraints:
        options = there.get(str(constraint.name))
        if options is not None:
            _set(constraint, options)
            constraint.comment = constraint.comment or options.comment
    made = ops.DropTableOp.from_table(table)
    made.if_exists = op.if_exists
    return made


def _constraint(
    op: ops.DropConstraintOp, there: Mapping[str, ConstraintOptions]
) -> Any:
    options = there.get(str(op.constraint_name))
    if options is None or op.constraint_type not in _KINDS:
        return op
    try:
        constraint = op.to_constraint()
    except ValueError:  # a plugin has made it without its downgrade
        return op
    _set(constraint, options)
    return ops.DropConstraintOp.from_constraint(constraint)


_KINDS = {"unique", "foreignkey"}
_COMPLETED: dict[type[Any], Any] = {
    ops.DropTableOp: _table,
    ops.DropConstraintOp: _constraint,
}


def _set(constraint: Any, options: ConstraintOptions) -> None:
    if isinstance(constraint, ForeignKeyConstraint):
        constraint.match = constraint.match or _MATCHES.get(options.match)
    elif isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint):
        constraint.deferrable = options.deferrable or None
        constraint.initially = "DEFERRED" if options.deferred else None
        if options.included and _takes_include(constraint):
            words = constraint.dialect_options["postgresql"]
            words["include"] = list(options.included)


def _takes_include(constraint: Any) -> bool:
    """Check whether the installed SQLAlchemy knows INCLUDE of a constraint."""
    known = dict(postgresql.dialect.construct_arguments or ())
    return "include" in known.get(type(constraint), {})
