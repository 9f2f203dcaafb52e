"""What a seed chooses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tests.operations.test_server_settings import ALONE, TOGETHER
from tests.stress.applications import Table
from tests.stress.workflows import WORKFLOWS, Workflow
from tests.support.choice import DRIVERS

MAJORS = (14, 18)
# Application code without triggers has no window: what old code writes is not seen.
OF_THE_MIGRATOR_ONLY = ("session_replication_role",)

# {table}: the table, {order}: a beginning of the name. A trigger that fires behind ours
# is refused on a table with a twin.
TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "version": (
        (
            "CREATE OR REPLACE FUNCTION count_version() RETURNS trigger"
            " LANGUAGE plpgsql AS"
            " 'BEGIN NEW.version := OLD.version + 1; RETURN NEW; END'"
        ),
        (
            "CREATE TRIGGER {order}_version BEFORE UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION count_version()"
        ),
    ),
    "audit": (
        "CREATE TABLE IF NOT EXISTS audit (who text, at timestamptz DEFAULT now())",
        "GRANT SELECT, INSERT ON audit TO {app}",
        (
            "CREATE OR REPLACE FUNCTION take_down() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN INSERT INTO audit (who)"
            " VALUES (current_setting(''application_name'')); RETURN NULL; END'"
        ),
        (
            "CREATE TRIGGER {order}_audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION take_down()"
        ),
    ),
}
ORDERS = ("aaa", "yyy")


@dataclass(frozen=True)
class Plan:
    """The choices of a round that are made before it begins.

    Attributes:
        seed: what chose them.
        major: the version of PostgreSQL.
        driver: the driver of the migrations.
        workflows: what is migrated.
        settings: what new sessions begin with.
        of_role: whether only the migrator's do.
        triggers: keys of ``TRIGGERS``.
        order: where the triggers stand among ours.
        rows: how many rows each table has.
        is_merged: whether one revision holds a phase of all workflows.
    """

    seed: int
    major: int
    driver: str
    workflows: tuple[Workflow, ...]
    settings: Mapping[str, str]
    of_role: bool
    triggers: tuple[str, ...]
    order: str
    rows: int
    is_merged: bool

    @property
    def tables(self) -> list[Table]:
        """The tables that the workflows share."""
        found: dict[tuple[str, str | None], list[Workflow]] = defaultdict(list)
        for each in self.workflows:
            found[each.table].append(each)
        return [
            Table(
                names,
                tuple(field for each in sharing for field in each.fields),
                tuple(state for each in sharing for state in each.known),
            )
            for names, sharing in found.items()
        ]

    @property
    def has_contract(self) -> bool:
        """Whether a contract must wait for old code."""
        return any(each.up[2] for each in self.workflows)

    @property
    def returns(self) -> bool:
        """Whether a contract can be taken back without a loss of rows."""
        return all(each.returns for each in self.workflows)

    def setup(self, app: str, schema: str) -> list[str]:
        """Return the statements that make the schema, for a role of an application."""
        found = [f"GRANT ALL ON SCHEMA {schema} TO {app}"]
        found += [text for each in self.workflows for text in each.before]
        for table in self.tables:
            found += _made(table, self.rows)
            for name in self.triggers:
                found += [
                    text.replace("{table}", table.names[0]).replace(
                        "{order}", self.order
                    )
                    for text in TRIGGERS[name]
                ]
        found += [text for each in self.workflows for text in each.after]
        return [text.replace("{app}", app) for text in found]

    def __str__(self) -> str:
        """Say the choices in a line."""
        whose = "role" if self.of_role else "database"
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        parts = [
            f"PostgreSQL {self.major}, {self.driver}",
            " + ".join(each.name for each in self.workflows),
            f"triggers: {', '.join(self.triggers) or 'none'}",
            f"settings of the {whose}: {settings or 'none'}",
        ]
        return "; ".join(parts)


def _made(table: Table, rows: int) -> list[str]:
    name = table.names[0]
    stored = [each for each in table.fields if each.column]
    columns = "".join(f", {each.column}" for each in stored)
    filled = [each for each in stored if each.rows]
    names = "".join(f", {each.column.split()[0]}" for each in filled)
    values = "".join(f", {each.rows}" for each in filled)
    return [
        (
            f"CREATE TABLE {name} (id int PRIMARY KEY, seq int NOT NULL DEFAULT 0,"
            f" version int NOT NULL DEFAULT 0{columns})"
        ),
        (
            f"INSERT INTO {name} (id{names}) SELECT n{values}"
            f" FROM generate_series(1, {rows}) n"
        ),
        f"GRANT ALL ON {name} TO {{app}}",
    ]


def plan_of(seed: int, majors: Sequence[int] = MAJORS) -> Plan:
    """Return what a seed chooses."""
    random = Random(seed)  # noqa: S311  # no secret
    major = random.choice(majors)
    of_role = random.random() < 0.5
    return Plan(
        seed=seed,
        major=major,
        driver=random.choice(DRIVERS),
        workflows=tuple(random.sample(WORKFLOWS, random.randint(1, 3))),
        settings=_settings(random, of_role=of_role),
        of_role=of_role,
        triggers=tuple(random.choice((("version",), ("audit",), ("version", "audit")))),
        order=random.choice(ORDERS),
        rows=random.choice((20, 200, 1500)),
        is_merged=random.random() < 0.5,
    )


def _settings(random: Random, *, of_role: bool) -> dict[str, str]:
    known = TOGETHER | ALONE
    names = sorted(set(known) - (set() if of_role else set(OF_THE_MIGRATOR_ONLY)))
    return {name: known[name] for name in random.sample(names, random.randint(0, 5))}
