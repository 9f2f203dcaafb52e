"""The name of a NOT NULL constraint may be taken by another column of the table."""

from __future__ import annotations

import pytest

LONG = "customer subscription billing: notification pref"


@pytest.mark.pg(">=18")
@pytest.mark.drivers_by_turns
@pytest.mark.parametrize(
    ("made", "columns"),
    [
        (f'CREATE TABLE "{LONG}" ("{LONG} a" int, "{LONG} b" int)', f"{LONG} {{}}"),
        (
            (
                f'CREATE TABLE "{LONG}" (old int NOT NULL);'
                f' ALTER TABLE "{LONG}" RENAME old TO b;'
                f' ALTER TABLE "{LONG}" ADD old int'
            ),
            "old",
        ),
    ],
    ids=["cut", "renamed column"],
)
def test_taken_name_gets_a_number_as_postgresql_does(
    db, project, driver, made, columns
):
    db.execute(made)
    names = list(dict.fromkeys(columns.format(letter) for letter in "ab"))
    project.revision(
        "r1",
        "\n".join(f"op.add_not_null_two_phase({LONG!r}, {name!r})" for name in names),
        "\n".join(f"op.drop_not_null({LONG!r}, {name!r})" for name in names),
    )

    project.upgrade()

    made_by_us = constraints(db)
    db.execute(f'DROP TABLE "{LONG}"; {made}')
    for name in names:
        db.execute(f'ALTER TABLE "{LONG}" ALTER "{name}" SET NOT NULL')
    assert made_by_us == constraints(db)


def constraints(db):
    return db.rows(
        "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        " WHERE contype = 'n' AND connamespace = current_schema()::regnamespace"
        " ORDER BY conname"
    )
