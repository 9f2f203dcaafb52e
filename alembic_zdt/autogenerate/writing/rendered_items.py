"""Options and SQL that Alembic does not render, or renders as something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Interval, PrimaryKeyConstraint, text
from sqlalchemy.sql.elements import conv

from alembic_zdt.alembic_compat import comparisons
from alembic_zdt.autogenerate.found.bare_texts import escaped, without_parameters

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

_OPTION = "render_item"
_MARK = "_zdt_renders_items"


def render_options(context: MigrationContext) -> None:
    """Render options that Alembic leaves out, unless env.py renders the item itself.

    Expressions get the text that a run of the file makes the same expression of.
    """
    comparisons.render_expressions(context, _as_they_are)
    theirs: Any = context.opts.get(_OPTION)
    if getattr(theirs, _MARK, False):
        return

    def render_item(kind: str, item: Any, around: AutogenContext) -> Any:
        found = theirs(kind, item, around) if theirs else False
        render = _RENDERED.get(type(item)) if found is False else None
        return render(item, around) if render else found

    setattr(render_item, _MARK, True)
    context.opts[_OPTION] = render_item


def _as_they_are(original: Any) -> Any:
    """Keep percent signs and colons, which drivers and SQLAlchemy would replace.

    SQLAlchemy doubles the percent signs for some drivers, and reads a colon in the
    text of a default of the database as the start of a bind parameter.
    """
    doubled = original(text("%")) == "%%"

    def render(expression: Any, *args: Any, **kwargs: Any) -> str:
        found = str(original(without_parameters(expression), *args, **kwargs))
        found = found.replace("%%", "%") if doubled else found
        # literal_column() is read as it is.
        return found if kwargs.get("is_index") else escaped(found)

    return render


def _primary_key(key: PrimaryKeyConstraint, around: AutogenContext) -> Any:
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
    return _call("PrimaryKeyConstraint", parts, around)


def _interval(type_: Interval, around: AutogenContext) -> Any:
    if comparisons.has_variants(type_):  # Alembic renders each of them
        return False
    parts = [] if type_.native else ["native=False"]
    if type_.second_precision is not None:
        parts.append(f"second_precision={type_.second_precision!r}")
    return _call("Interval", parts, around)


def _call(name: str, parts: Iterable[str], around: AutogenContext) -> str:
    prefix = around.opts.get("sqlalchemy_module_prefix") or ""
    return f"{prefix}{name}({', '.join(parts)})"


_RENDERED: dict[type[Any], Callable[[Any, AutogenContext], Any]] = {
    PrimaryKeyConstraint: _primary_key,
    Interval: _interval,
}
