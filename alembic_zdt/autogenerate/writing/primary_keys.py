"""The primary key of a new table, whose options Alembic does not render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy.sql.elements import conv

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

_OPTION = "render_item"
_MARK = "_zdt_renders_keys"


def render_options(context: MigrationContext) -> None:
    """Render the options of primary keys, unless env.py renders the item itself."""
    theirs: Any = context.opts.get(_OPTION)
    if getattr(theirs, _MARK, False):
        return

    def render_item(kind: str, item: Any, around: AutogenContext) -> Any:
        found = theirs(kind, item, around) if theirs else False
        if found is False and isinstance(item, PrimaryKeyConstraint):
            return _rendered(item, around)
        return found

    setattr(render_item, _MARK, True)
    context.opts[_OPTION] = render_item


def _rendered(key: PrimaryKeyConstraint, around: AutogenContext) -> Any:
    options = {
        "deferrable": key.deferrable,
        "initially": key.initially,
        "postgresql_include": key.dialect_options["postgresql"].get("include"),
    }
    given = {name: value for name, value in options.items() if value}
    if not given:
        return False  # as Alembic renders it
    parts = [repr(str(column.name)) for column in key.columns]
    if key.name:
        name = str(key.name)
        op = around.opts.get("alembic_module_prefix") or ""
        is_final = isinstance(key.name, conv)
        parts.append(f"name={op}f({name!r})" if is_final else f"name={name!r}")
    parts += [f"{name}={value!r}" for name, value in given.items()]
    prefix = around.opts.get("sqlalchemy_module_prefix") or ""
    return f"{prefix}PrimaryKeyConstraint({', '.join(parts)})"
