"""Whoever could read or write before the expand can in every phase, and afterwards.

All workflows run side by side, each on a table of its own; every role tries every
statement on each of them, and what it gets is compared with what it got before.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import psycopg
import pytest

from alembic_zdt.errors import PreconditionError
from tests.support.roles import role

ENUM = 'sa.Enum("low", "high", name="level")'
RENAMED = (
    f'"t_enum", "a", "low", "mild", existing_type={ENUM}, new_column_name="b",'
    ' new_enum_name="grade"'
)


@dataclass(frozen=True)
class Workflow:
    """A table with columns id, a and pad, and what is done to it.

    Attributes:
        table: its name.
        phases: the calls of expand, migrate and contract.
        type: of column a.
        old: a value that old code writes.
        new: what new code writes for it.
        column: the name of the column in the end.
        name: the name of the table in the end.
        is_shown: whether views may show the column.
        more: further SQL when it is made.
    """

    table: str
    phases: tuple[str, ...]
    type: str = "text"
    old: str = "'7'"
    new: str = ""
    column: str = "a"
    name: str = ""
    is_shown: bool = False
    more: tuple[str, ...] = field(default=())


def three(name, arguments):
    phases = ("expand", "migrate", "contract")
    return tuple(f"op.{phase}_{name}({arguments})" for phase in phases)


def renaming(table, **options):
    phases = three("rename_column", f'"{table}", "a", "b"')
    return Workflow(table, phases, column="b", is_shown=True, **options)


def retyping(table, type_, existing, how="", **options):
    arguments = f'"{table}", "a", {type_}, existing_type={existing}{how}'
    return Workflow(table, three("alter_column_type", arguments), **options)


SECURED = (
    "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON {t} USING (id <> 2) WITH CHECK (id <> 12)",
)
NUMBERED = "sa.Identity()"
RANDOM = 'server_default=sa.text("random()")'
USING = ', using="a::int + 0", reverse_using="a::text"'
WORKFLOWS = (
    renaming("t_rename"),
    renaming("t_secured", more=SECURED),
    renaming("t_varchar", type="varchar(20)"),
    renaming("t_numeric", type="numeric", old="'1.50'"),
    Workflow(
        "t_shown",
        tuple(
            call.replace('"b"', '"b", strategy="view"')
            for call in three("rename_column", '"t_shown", "a", "b"')
        ),
        column="b",
        is_shown=True,
    ),
    retyping("t_cast", "sa.BigInteger()", "sa.Integer()", type="int"),
    retyping("t_using", "sa.Integer()", "sa.Text()", USING),
    retyping("t_level", ENUM, "sa.Text()", old="'low'"),
    retyping("t_text", "sa.Text()", ENUM, type="level", old="'low'"),
    retyping("t_ruled", "sa.Integer()", "sa.Text()", USING, more=SECURED),
    Workflow(
        "t_enum",
        three("rename_enum_value", RENAMED),
        type="level",
        old="'low'",
        new="'mild'",
        column="b",
    ),
    Workflow(
        "t_added",
        (
            f'op.expand_add_column("t_added", sa.Column("n", sa.Integer, {NUMBERED}))',
            f'op.expand_add_column("t_added", sa.Column("r", sa.Float(), {RANDOM}))',
            "pass",
        ),
    ),
    Workflow(
        "t_dropped",
        (
            'op.expand_drop_column("t_dropped", "gone")',
            "pass",
            'op.contract_drop_column("t_dropped", "gone")',
        ),
        more=("ALTER TABLE {t} ADD gone int NOT NULL DEFAULT 1",),
    ),
    Workflow(
        "t_named",
        (
            'op.expand_rename_table("t_named", "t_other")',
            "pass",
            'op.contract_rename_table("t_named", "t_other")',
        ),
        name="t_other",
        is_shown=True,
    ),
    renaming("t_parts", more=("part",)),
)
STATEMENTS = (
    "SELECT id FROM {t} WHERE {c}::text = {v} ORDER BY id",
    "INSERT INTO {t} (id, {c}) VALUES (10, {v})",
    "INSERT INTO {t} (id) VALUES (11)",
    "INSERT INTO {t} (id, {c}) VALUES (12, {v})",
    "UPDATE {t} SET {c} = {v} WHERE id < 3",
    "UPDATE {t} SET pad = 'x' WHERE id < 3",
    "DELETE FROM {t} WHERE id = 1",
)
ROLES = (
    *("app", "clerk", "reader", "web", "direct"),
    *("caller", "member", "stranger", "owner"),
)


def make(db, roles, api, workflow):
    table, is_parted = workflow.table, "part" in workflow.more
    kind = "PARTITION BY LIST (id)" if is_parted else ""
    key = "id int" if is_parted else "id int PRIMARY KEY"
    db.execute(f"CREATE TABLE {table} ({key}, a {workflow.type}, pad text) {kind}")
    if is_parted:
        db.execute("CREATE TABLE part PARTITION OF t_parts DEFAULT")
        db.execute(f"GRANT INSERT (id, a), UPDATE (a) ON part TO {roles['clerk']}")
        db.execute(f"GRANT ALL ON part TO {roles['app']}")
    else:
        for statement in workflow.more:
            db.execute(statement.format(t=table))
    db.execute(f"INSERT INTO {table} VALUES (1, {workflow.old}), (2, {workflow.old})")
    db.execute(f"ALTER TABLE {table} OWNER TO {roles['owner']}")
    shown = "id, a, pad" if workflow.is_shown else "id, pad"
    rights = "SELECT, INSERT, UPDATE, DELETE"
    db.execute(f"CREATE VIEW {api}.{table} AS SELECT {shown} FROM {table}")
    db.execute(f"GRANT {rights} ON {api}.{table} TO {roles['web']}")
    db.execute(f"GRANT {rights} ON {table} TO {roles['app']}, {roles['direct']}")
    columns = "SELECT (id, a), INSERT (id, a), UPDATE (a)"
    db.execute(f"GRANT {columns} ON {table} TO {roles['clerk']}")
    db.execute(f"GRANT SELECT ON {table} TO {roles['reader']}")
    if db.server.version >= 15:
        view = f"{api}.{table}_by_invoker"
        db.execute(
            f"CREATE VIEW {view} WITH (security_invoker) AS SELECT {shown} FROM {table}"
        )
        db.execute(f"GRANT {rights} ON {view} TO {roles['direct']}")


@pytest.fixture
def roles(db):
    """Roles that get at a table in different ways; nobody may run new functions."""
    api = f"{db.schema}_api"
    defaults = "ALTER DEFAULT PRIVILEGES {} EXECUTE ON FUNCTIONS {} PUBLIC"
    db.execute(f"CREATE SCHEMA {api}")
    db.execute(defaults.format("REVOKE", "FROM"))
    with contextlib.ExitStack() as stack:
        names = {kind: stack.enter_context(role(db, kind)) for kind in ROLES}
        stack.callback(db.execute, defaults.format("GRANT", "TO"))
        stack.callback(db.execute, f"DROP SCHEMA {api} CASCADE")
        for kind, name in names.items():
            db.execute(f"REVOKE ALL ON SCHEMA {db.schema} FROM {name}")
            db.execute(f"GRANT USAGE ON SCHEMA {api} TO {name}")
            if kind in ("app", "clerk", "reader", "stranger", "owner"):
                db.execute(f"GRANT USAGE ON SCHEMA {db.schema} TO {name}")
        db.execute(f"GRANT {names['app']} TO {names['member']}")
        db.execute(
            f"CREATE FUNCTION {api}.run(text) RETURNS void LANGUAGE plpgsql"
            f" SECURITY DEFINER SET search_path = {db.schema}"
            " AS 'BEGIN EXECUTE $1; END'"
        )
        db.execute(f"ALTER FUNCTION {api}.run OWNER TO {names['app']}")
        db.execute(f"GRANT EXECUTE ON FUNCTION {api}.run TO {names['caller']}")
        yield names


def attempts(db, workflow, *, is_new):
    """Yield the role, a number and the statement, for each way to the table."""
    schema, api, old = db.schema, f"{db.schema}_api", workflow.old
    there = f"{schema}.{(is_new and workflow.name) or workflow.table}"
    column = workflow.column if is_new else "a"
    value = (is_new and workflow.new) or old
    ways = dict.fromkeys(ROLES, (there, column, value))
    # Views go on with the old name.
    ways["web"] = (f"{api}.{workflow.table}", "a", old)
    if db.server.version >= 15:
        ways["direct"] = (f"{api}.{workflow.table}_by_invoker", "a", old)
    statements = list(enumerate(STATEMENTS))
    for kind, (relation, name, said) in ways.items():
        for number, statement in statements:
            written = statement.format(t=relation, c=name, v=said)
            if kind == "caller":
                written = f"SELECT {api}.run($${written}$$)"
            yield kind, number, written
    if workflow.table == "t_parts":
        for number, statement in statements:
            written = statement.format(t=f"{schema}.part", c=column, v=value)
            yield "member", f"part {number}", written
            yield "clerk", f"part {number}", written


def outcomes(db, roles, workflow, *, is_new=False):
    """How many rows each attempt found or wrote, or with which error it ended."""
    found = {}
    for kind, number, statement in attempts(db, workflow, is_new=is_new):
        try:
            with db.connection.transaction(force_rollback=True):
                db.execute(f"SET LOCAL ROLE {roles[kind]}")
                found[kind, number] = db.connection.execute(statement).rowcount
        except psycopg.Error as error:
            found[kind, number] = error.sqlstate
    return found


def differences(db, roles, before, **when):
    """The attempts that end in another way than before: (table, way, then, now)."""
    return [
        (workflow.table, way, result, now[way])
        for workflow in WORKFLOWS
        for now in [outcomes(db, roles, workflow, **when)]
        for way, result in before[workflow.table].items()
        if now[way] != result
    ]


def test_every_role_can_in_each_phase_what_it_could(db, project, roles):
    db.execute("CREATE TYPE level AS ENUM ('low', 'high')")
    for workflow in WORKFLOWS:
        make(db, roles, f"{db.schema}_api", workflow)
    before = {w.table: outcomes(db, roles, w) for w in WORKFLOWS}
    for number in range(3):
        calls = "\n".join(w.phases[number] for w in WORKFLOWS)
        project.revision(f"r{number}", calls)
    same_run = ("zdt.allow_same_run=true",)

    project.upgrade("r0", x=same_run)
    assert differences(db, roles, before) == []
    project.upgrade("r1", x=same_run)
    assert differences(db, roles, before) == []
    assert differences(db, roles, before, is_new=True) == []
    project.upgrade("r2", x=same_run)
    assert differences(db, roles, before, is_new=True) == []


def test_rights_on_the_new_name_are_kept_at_the_contract(db, project):
    """They were granted for new code, while both names were there."""
    db.execute("CREATE TABLE t (id int, a int, c text) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE p PARTITION OF t DEFAULT; CREATE TABLE u (a int)")
    again = "op.{}_alter_column_type('u', 'a', sa.BigInteger(), new_column_name='b')"
    for phase in ("expand", "migrate", "contract"):
        lines = f"op.{phase}_rename_column('t', 'a', 'b')", again.format(phase)
        project.revision(phase, "\n".join(lines))
    project.upgrade("migrate")
    with role(db, "late") as late:
        db.execute(f"GRANT SELECT (b) ON t, p, u TO {late}")

        project.upgrade(x=("zdt.allow_same_run=true",))

        may = "SELECT has_column_privilege(%s, %s, 'b', 'SELECT')"
        assert [db.value(may, late, table) for table in "tpu"] == [True] * 3


def test_rights_in_a_partition_are_kept_by_a_script(db, project):
    db.execute("CREATE TABLE t (id int, a int) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE p PARTITION OF t DEFAULT")
    project.revision("r1", "op.expand_rename_column('t', 'a', 'b')")
    with role(db, "reader") as reader:
        db.execute(f"GRANT SELECT (a) ON p TO {reader}")

        project.psql(project.sql(flavor="plain")).ok()

        may = "SELECT has_column_privilege(%s, %s, 'b', 'SELECT')"
        assert [db.value(may, reader, table) for table in "tp"] == [False, True]


@pytest.mark.pg(">=15")
@pytest.mark.parametrize(
    "call",
    [
        "op.expand_rename_column('t', 'a', 'b', strategy='view')",
        "op.expand_rename_table('t', 'u')",
    ],
    ids=["column", "table"],
)
def test_a_view_cannot_serve_policies_and_a_role_that_reads_in_part(db, project, call):
    db.execute("CREATE TABLE t (id int, a int)")
    db.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    project.revision("r1", call)
    with role(db, "clerk") as clerk:
        db.execute(f"GRANT SELECT (id) ON t TO {clerk}")
        before = db.catalog()

        with pytest.raises(
            PreconditionError, match="may read only some of the columns"
        ):
            project.upgrade()

        assert db.catalog() == before
        db.execute(f"GRANT SELECT (a) ON t TO {clerk}")
        project.upgrade()
