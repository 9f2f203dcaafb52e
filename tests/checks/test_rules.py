"""Each check: its bad example does what it says, its good one is not found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import postgresql

from alembic_zdt import checks
from alembic_zdt.checks.registry import all_checks
from alembic_zdt.commands.lint import lint
from tests.support.tracing import Relations, Seen

NODES = (
    "SELECT relname, relfilenode FROM pg_class WHERE relnamespace = %s::regnamespace"
)
SCANS = "SELECT relname, seq_scan FROM pg_stat_xact_all_tables WHERE schemaname = %s"

# These are about more than one revision, see test_whole.py.
OF_MORE_THAN_A_BODY = {"drop-modelled", "edited-revision", "multiple-heads"}
# Of the session of a run; see tests/guard.
OF_THE_RUN = {"no-lock-timeout"}

every_check = pytest.mark.parametrize(
    "check",
    [
        each
        for each in all_checks().values()
        if each.id not in OF_MORE_THAN_A_BODY | OF_THE_RUN
    ],
    ids=lambda c: c.id,
)


def test_file_is_a_check():
    """Named by its id."""
    rules = Path(checks.__file__).parent / "rules"
    files = {path.stem for path in rules.glob("[a-z]*.py")}

    assert files == {check.id.replace("-", "_") for check in all_checks().values()}


@pytest.mark.compat
@every_check
def test_bad_example_is_found(check, db, project):
    """By its own check, on its line; and something safe is said."""
    skip_if_younger(check, db)
    project.revision("r1", check.bad)

    findings = linted(check, db, project)

    own = [each for each in findings if each.check == check.id]
    assert own
    assert own[0].file == str(project.versions / "r1_.py")
    line = Path(own[0].file).read_text().splitlines()[own[0].line - 1]
    assert line.strip() in map(str.strip, check.bad.splitlines())
    if check.severity.value == "error" and check.id not in SAID_IN_WORDS:
        assert own[0].suggestion.startswith("op.")


# There is no one call to write instead.
SAID_IN_WORDS = {
    "add-column-domain",
    "add-column-stored-generated",
    "add-column-virtual-not-null",
    "add-exclusion",
    "add-primary-key-using-index",
    "alter-domain",
    "alter-type-in-view",
    "change-before-directive",
    "control-transaction",
    "create-partition",
    "event-loop",
    "ddl-and-rows",
    "detach-partition",
    "lock-table",
    "own-table",
    "rename-enum-value",
    "rename-schema",
    "rename-type",
    "rewrite-table",
    "set-expression",
    "truncate-table",
}


@every_check
def test_good_example_is_not_found(check, db, project):
    """By no check at all."""
    write_good(check, project)

    assert list(linted(check, db, project)) == []


def write_good(check, project):
    """Write a revision for each body of the good example; return their ids."""
    ids = [f"r{number}" for number, _ in enumerate(check.good_revisions, 1)]
    for rev_id, body in zip(ids, check.good_revisions, strict=True):
        project.revision(rev_id, body)
    return ids


def linted(check, db, project):
    """What is found, with the database where only that can tell."""
    if not check.asks:
        return lint(project.config()).findings
    db.execute(check.setup)
    return lint(project.config(), database=db.url()).findings


@every_check
def test_bad_example_does_what_is_said(check, db):
    """On a real server: locks, scans, rewrites, or its failure."""
    if check.claim is None:
        pytest.skip("it is not about locks")
    skip_if_younger(check, db)
    db.execute(check.setup)
    relations = Relations.of(db)
    nodes = dict(db.rows(NODES, db.schema))
    engine = sa.create_engine(db.url(), poolclass=sa.NullPool)
    with engine.connect() as connection:
        before = dict(rows(connection, SCANS, db))
        if check.claim.fails:
            with pytest.raises(sa.exc.DBAPIError) as caught:
                run(connection, check.bad)
            assert caught.value.orig.sqlstate == check.claim.fails
            return
        run(connection, check.bad)
        seen = Seen()
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        for relation, mode, _granted in db.locks(pid):
            seen.add(relation, mode)
        scanned = {
            name
            for name, count in rows(connection, SCANS, db)
            if count > before.get(name, 0)
        }
        after = dict(rows(connection, NODES, db))

    tables = {name for name, kind in relations.kinds.items() if kind in "rpm"}
    locks = {k: v for k, v in relations.telling(seen.locks).items() if k in tables}
    assert locks == dict(check.claim.locks)
    rewritten = {name for name in tables if after.get(name, nodes[name]) != nodes[name]}
    assert rewritten == set(check.claim.rewrites)
    if not rewritten:
        assert scanned & tables == set(check.claim.scans)


# What these write is no body of an upgrade().
OF_SEVERAL_FILES = {"edited-revision", "multiple-heads"}

every_good_example = pytest.mark.parametrize(
    "check",
    [each for each in all_checks().values() if each.id not in OF_SEVERAL_FILES],
    ids=lambda c: c.id,
)


@every_good_example
def test_good_example_runs(check, db, project):
    """On the tables of the example."""
    skip_if_younger(check, db)
    db.execute(check.setup)
    ids = write_good(check, project)

    project.upgrade()

    assert project.current == ids[-1:]


# These arrive at something else, for a reason.
ANOTHER_WAY = {
    "add-column-domain": "the CHECK is one of the table",
    "add-column-json": "the type is jsonb",
    "add-column-stored-generated": "the application writes the column",
    "add-column-volatile-default": "the values are random",
    "add-exclusion": "a UNIQUE constraint does the same",
    "alter-domain": "the CHECK is one of the table",
    "alter-policy": "the policy is there, too",
    "attach-partition": "the CHECK by which nothing is read stays",
    "create-partition": "likewise",
    "detach-partition": "CONCURRENTLY leaves a CHECK",
    "disable-trigger": "no trigger is disabled",
    "foreign-key-types": "the column has got the other type",
    "foreign-key-without-index": "there is the index, too",
    "redundant-index": "there is one index, not two",
    "rename-enum-value": "column and type have names of their own",
    "rename-type": "the type keeps its name",
    "rewrite-table": "pg_repack is no part of a revision",
    "set-expression": "the column has a name of its own",
    "wide-index": "the index has fewer columns",
}
# The server refuses the bad example; of the others Claim.fails says it.
REFUSED = {"concurrently-on-partitioned", "foreign-key-on-partitioned"}


@every_good_example
def test_good_example_leads_where_the_bad_one_does(check, db, project):
    """To the same tables with the same rows, or there is a reason why not."""
    skip_if_younger(check, db)
    if check.id in REFUSED or (check.claim is not None and check.claim.fails):
        pytest.skip("the server refuses the bad example")
    pictures = []
    for bodies in ((check.bad,), check.good_revisions):
        db.execute(f"DROP SCHEMA {db.schema} CASCADE; CREATE SCHEMA {db.schema}")
        db.execute(check.setup)
        for number, body in enumerate(bodies):
            project.revision(f"r{number}", body)
        project.upgrade(x=["zdt.guard=off"])
        pictures.append(picture(db))
        for path in project.scripts():
            path.unlink()
        project.last = None

    assert (pictures[0] == pictures[1]) is (check.id not in ANOTHER_WAY)


def picture(db):
    """Return the catalog, and the rows of each table, with columns by name."""
    catalog = db.catalog()
    tables = [name for name, kind, *_ in catalog["tables"] if kind in "rpm"]
    row = "SELECT to_jsonb(t)::text FROM {} t ORDER BY 1"
    return catalog, {name: db.rows(row.format(name)) for name in tables}


@every_check
def test_what_is_said_instead_runs(check, db, project):
    """Pasted as it is, a revision for each phase."""
    skip_if_younger(check, db)
    project.revision("r1", check.bad)
    findings = linted(check, db, project)
    if not check.asks:
        db.execute(check.setup)
    own = [each for each in findings if each.check == check.id]
    said = (own or findings)[0].suggestion
    project.scripts()[0].unlink()
    project.last = None
    for number, line in enumerate(said.splitlines()):
        project.revision(f"s{number}", line)

    if said and check.id != "add-column-not-null":
        project.upgrade()


def skip_if_younger(check, db):
    major = int(db.value("SHOW server_version_num")) // 10000
    if not check.since <= major < GONE.get(check.id, 99):
        pytest.skip(f"it is not for PostgreSQL {major}")
    if "persisted=False" in check.bad and not writes_virtual():
        pytest.skip("this SQLAlchemy does not write VIRTUAL")


def writes_virtual():
    column = sa.Column("up", sa.Text(), sa.Computed("upper(email)", persisted=False))
    sa.Table("users", sa.MetaData(), column)
    try:
        sa.schema.CreateColumn(column).compile(dialect=postgresql.dialect())
    except sa.exc.CompileError:
        return False
    return True


# With this version the server can do it.
GONE = {"foreign-key-on-partitioned": 18}


def run(connection, source):
    operations = Operations(MigrationContext.configure(connection))
    names = {"op": operations, "sa": sa}
    exec(source, names)  # noqa: S102  # an example of ours


def rows(connection, query, db):
    return connection.exec_driver_sql(query, (db.schema,)).fetchall()


@every_check
def test_reason_names_what_waits(check):
    """With PostgreSQL's name of the lock, where it takes a strong one."""
    modes = {mode.value for mode in (check.claim.locks.values() if check.claim else ())}

    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", check.id)
    assert len(check.reason) > 40
    if modes and check.severity.value == "error":
        assert any(mode in check.reason for mode in modes), check.reason
