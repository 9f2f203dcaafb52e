"""Repair of the trigger and the CHECK of an open window.

A user may disable or drop the trigger, replace its function, or drop the CHECK.  The
expand makes these again.  A renamed column or table must get its old name again,
because the trigger function and the names of the window's parts contain the old name.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.catalog import constraint as constraint_catalog
from alembic_zdt.catalog import ownership
from alembic_zdt.catalog import trigger as trigger_catalog
from alembic_zdt.catalog.windows import open_windows, window_surroundings
from alembic_zdt.errors import DependentObjectsError, GateClosedError, ZdtError
from alembic_zdt.names import quote
from alembic_zdt.server_facts import Server
from alembic_zdt.steps import Precondition, Row, SkipCondition, Step
from alembic_zdt.twin.sync import Sync
from alembic_zdt.twin.window import Window
from alembic_zdt.twin.window_steps import TwinSteps


def is_whole(twin: TwinSteps) -> str:
    """Return SQL that is true if no part of the window is missing or changed."""
    window = twin.window
    if not twin.is_known:
        return window.is_whole
    body = _has_body(window, twin.sync.every)
    return f"({window.is_whole} AND {body} AND {converts_as_begun(twin)})"


def converts_as_begun(twin: TwinSteps) -> str:
    """Return SQL that is true if the conversions are as the expand made them."""
    functions = twin.sync.conversion.converts_by(twin.bodies)
    wanted = (ownership.converts_by(*function) for function in functions)
    return f"({' AND '.join(['true', *wanted])})"


def _has_body(window: Window, syncs: Sequence[Sync]) -> str:
    """Return SQL that is true if the function has the body that one sync creates."""
    for_others, alone = (
        trigger_catalog.has_body(window.trigger, window.table, bodies)
        for bodies in (
            [sync.body_for_others for sync in syncs],
            [sync.body for sync in syncs],
        )
    )
    return f"CASE WHEN {window.lets_pass} THEN {for_others} ELSE {alone} END"


def mending(twin: TwinSteps, server: Server) -> tuple[Step, ...]:
    """Return steps that repair missing or changed parts of an open window.

    Return none before the twin exists, and in a script.
    """
    window = twin.window
    if not server.online or window.twin not in server.table(window.table).columns:
        return ()
    check = constraint_catalog.exists(window.check, window.table)
    whole = window.is_whole
    if twin.is_known:
        whole = f"({whole} AND {_has_body(window, [twin.sync])})"
    closed = f"NOT {window.is_open}"
    anew = (*twin.sync.drop(), *twin.sync.create())
    parts = (
        # A CHECK that was validated with another function proves nothing.
        ("conversion", f"({closed} OR {converts_as_begun(twin)})", anew),
        ("CHECK", f"({closed} OR {check})", twin.sync.mend(check=True)),
        ("trigger", f"({closed} OR {whole})", twin.sync.mend(check=False)),
    )
    return tuple(
        Step(
            purpose=f'make the {part} of the window of "{window.label}" again',
            statements=statements,
            locks=(twin.lock,),
            skip_if=SkipCondition(done, f"the {part} is there, or no window is open"),
        )
        for part, done, statements in parts
    )


def is_broken(twin: TwinSteps, expand: str, migrate: str) -> Precondition:
    """Refuse an open window that does not keep every row equal.

    Args:
        twin: the steps of the window.
        expand: the call that makes the window's parts again.
        migrate: the call to run after that.
    """
    return _unless(is_whole(twin), twin, expand, migrate)


def is_replaced(twin: TwinSteps, expand: str, migrate: str) -> Precondition:
    """Refuse a window whose conversion functions were replaced since the expand."""
    return _unless(converts_as_begun(twin), twin, expand, migrate)


def _unless(condition: str, twin: TwinSteps, expand: str, migrate: str) -> Precondition:
    window = twin.window

    def broken(_rows: Sequence[Row]) -> ZdtError:
        return GateClosedError(
            f'"{window.original}" and "{window.twin}" of "{window.table.label}" are '
            "not kept equal: the window was changed since its expand",
            detail="A trigger of the window is missing, does not fire in every session "
            "and partition, or has another function. Or a function that converts "
            "values was replaced. Or the CHECK of the window is missing.",
            hint=f"Run a revision with {expand} and {migrate}, then run the same "
            "command again.",
            table=window.table.label,
            column=window.twin,
        )

    found = f"SELECT 1 WHERE {window.is_open} AND NOT {condition}"
    return Precondition(found, broken)


def changed_around(twin: TwinSteps) -> Precondition:
    """Refuse a window that a change of other objects has broken."""
    found = window_surroundings.changes(twin.window.is_its_check)
    return _changed(twin, found)


def domain_default(twin: TwinSteps) -> Precondition:
    """Refuse to end a window if the domain type of the twin column has a default.

    A NULL that code writes becomes the default.
    """
    found = window_surroundings.domain_defaults(twin.window.is_its_check)
    return _changed(twin, found)


def _changed(twin: TwinSteps, found: str) -> Precondition:
    window = twin.window

    def changed(rows: Sequence[Row]) -> ZdtError:
        words, statement = (str(value) for value in rows[0][3:])
        return DependentObjectsError(
            f'"{window.original}" and "{window.twin}" of "{window.table.label}" are '
            "not kept equal: something around them was changed since the expand",
            detail=f"Found: {words}.",
            hint=f"Run: {statement}; then run the same command again.",
            table=window.table.label,
            column=window.twin,
        )

    return Precondition(found, changed)


def renamed_columns(twin: TwinSteps) -> Precondition:
    """Refuse a window if its table or one of its columns was renamed."""
    window = twin.window

    def renamed(rows: Sequence[Row]) -> ZdtError:
        found = open_windows.renaming_back(str(rows[0][0]), list(rows[0][1]), window)
        return DependentObjectsError(
            f'a column or the table of the window of "{window.label}" was renamed '
            "while it was open",
            detail=(
                f'Constraint "{rows[0][0]}" is on {_listed(rows[0][1])} of '
                f'"{window.table.label}". The trigger of the window still uses the old '
                "names, so writes may fail."
            ),
            hint=f"Undo that rename: {found}. Then run the same command again.",
            table=window.table.label,
            column=window.original,
        )

    columns = (window.original, window.twin)
    checks = [window.check, *([twin.back.check] if twin.back else [])]
    found = open_windows.misnamed(window.table, columns, window.check, checks)
    return Precondition(found, renamed)


def _listed(columns: Sequence[str]) -> str:
    return " and ".join(quote(column) for column in columns)
