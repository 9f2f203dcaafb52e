"""``lint --database``: sizes and traffic count; the server says what it would do."""

from __future__ import annotations

import math

import pytest

from alembic_zdt.commands.lint import lint, lint_files
from alembic_zdt.errors import UrlError
from tests.support.output import parsed
from tests.support.terminal import on_terminal

USERS = "CREATE TABLE users (id int PRIMARY KEY, email varchar(50), age int)"


@pytest.fixture
def users(db):
    """Make the table."""
    db.execute(USERS)


@pytest.fixture
def linted(db, project):
    """Lint revisions with the database."""

    def run(*bodies, **options):
        for number, body in enumerate(bodies, 1):
            project.revision(f"r{number}", body)
        return lint(project.config(), database=db.url("psycopg"), **options).findings

    return run


def filled(db, rows):
    fill = "INSERT INTO users SELECT n, 'e' || n, n FROM generate_series(1, %s) n"
    db.execute(fill, rows)
    db.execute("ANALYZE users")


INDEX = 'op.create_index("ix", "users", ["email"])'


@pytest.mark.parametrize(
    ("rows", "severity"), [(100, "note"), (10_000, "note"), (10_001, "error")]
)
def test_size_scales_what_takes_long(db, users, linted, rows, severity, monkeypatch):
    monkeypatch.setattr("alembic_zdt.checks.severity._BUSY", math.inf)  # it is new
    filled(db, rows)

    (found,) = linted(INDEX)

    assert found.severity.value == severity
    assert found.size.startswith(f"about {rows:,} rows, ")


def test_what_breaks_code_breaks_it_on_small_tables_too(db, users, linted):
    (found,) = linted('op.drop_column("users", "email")')

    assert found.severity.value == "error"


TYPES = {
    "wider": ("sa.String(60)", None),
    "text": ("sa.Text()", None),
    "narrower": ("sa.String(20)", "catalog"),
    "another": ("sa.Integer(), postgresql_using='email::int'", "catalog"),
}


@pytest.mark.parametrize("kind", TYPES)
def test_server_says_whether_a_type_change_is_free(db, users, linted, kind):
    """Without existing_type nobody else could."""
    kind, evidence = TYPES[kind]

    found = linted(f'op.alter_column("users", "email", type_={kind})')

    assert [each.evidence.value for each in found] == ([evidence] if evidence else [])


@pytest.mark.parametrize(
    "hindrance",
    [
        "ALTER TABLE users ADD CHECK (email <> '')",
        (
            "ALTER TABLE users ADD UNIQUE (email);"
            "CREATE TABLE o (email varchar(50) REFERENCES users (email))"
        ),
    ],
)
def test_free_type_change_that_is_none_here(db, users, linted, hindrance):
    db.execute(hindrance)

    found = linted(
        'op.alter_column("users", "email", type_=sa.Text(),'
        " existing_type=sa.String(50))"
    )

    assert [each.check for each in found] == ["alter-column-type"]


def test_function_that_is_stable_is_no_rewrite(db, users, linted):
    body = "RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'"
    db.execute(f"CREATE FUNCTION mine() {body}")
    column = 'sa.Column("n", sa.Integer(), server_default=sa.text("{}()"))'

    assert linted(f'op.add_column("users", {column.format("mine")})') == ()


def test_percent_sign_in_a_default(db, users, linted):
    value = "extract(epoch FROM now())::int % 100"
    column = f'sa.Column("n", sa.Integer(), server_default=sa.text("{value}"))'

    assert linted(f'op.add_column("users", {column})') == ()


@pytest.mark.parametrize("name", ['"Mail"', '"{schema}"."Mail"'])
def test_type_whose_name_needs_quotes(db, users, linted, name):
    """The change is free on the server, and only there is the type known."""
    schema = db.value("SELECT current_schema()")
    db.execute('CREATE DOMAIN "Mail" AS varchar(50)')
    change = f"ALTER TABLE users ALTER email TYPE {name.format(schema=schema)}"

    assert linted(f"op.execute('{change}')") == ()


def test_column_of_a_key_of_several_columns(db, linted):
    """An index serves a foreign key only if it begins with its column."""
    columns = ("sa.Column({!r}, sa.Integer, primary_key=True)",) * 2
    keys = ", ".join(columns).format("a", "b")

    found = linted(
        f'op.create_table("m", {keys})',
        *(
            f'op.create_foreign_key("fk_{each}", "m", "users", ["{each}"], ["id"])'
            for each in "ab"
        ),
    )

    missing = [f.message for f in found if f.check == "foreign-key-without-index"]
    assert missing == ["no index of m begins with b"]


def test_function_that_only_looks_stable_is_one(db, users, linted):
    body = "RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END'"
    db.execute(f"CREATE FUNCTION lower(n int) {body}")
    column = 'sa.Column("n", sa.Integer(), server_default=sa.text("lower(1)"))'

    (found,) = linted(f'op.add_column("users", {column})')

    assert found.check == "add-column-volatile-default"
    assert found.evidence.value == "catalog"


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        ("ALTER TABLE users ADD CHECK (email IS NOT NULL)", []),
        ("ALTER TABLE users ADD CHECK (email IS NOT NULL AND email <> '')", []),
        ("ALTER TABLE users ALTER email SET NOT NULL", []),
        ("ALTER TABLE users ADD CHECK (email IS NOT NULL OR age > 1)", ["catalog"]),
        ("ALTER TABLE users ADD CHECK (email IS NOT NULL) NOT VALID", ["catalog"]),
        ("SELECT 1", ["catalog"]),
    ],
)
def test_server_knows_what_is_proven(db, users, linted, proof, expected):
    db.execute(proof)

    found = linted('op.alter_column("users", "email", nullable=False)')

    assert [each.evidence.value for each in found] == expected


def test_each_partition_has_to_be_proven(db, linted):
    db.execute("CREATE TABLE users (id int, email text) PARTITION BY LIST (id)")
    db.execute("CREATE TABLE p1 PARTITION OF users FOR VALUES IN (1)")
    db.execute("CREATE TABLE p2 PARTITION OF users FOR VALUES IN (2)")
    db.execute("ALTER TABLE p1 ADD CHECK (email IS NOT NULL)")
    body = 'op.alter_column("users", "email", nullable=False)'

    assert [each.check for each in linted(body)] == ["set-not-null"]

    db.execute("ALTER TABLE p2 ADD CHECK (email IS NOT NULL)")
    assert linted(body) == ()


def test_index_leads_to_its_table(db, users, linted):
    db.execute("CREATE INDEX ix ON users (email)")
    filled(db, 100)

    (found,) = linted('op.drop_index("ix")')

    assert found.size.startswith("about 100 rows")


def test_only_what_is_not_applied_yet_is_looked_at(db, project, users):
    project.revision("r1", INDEX)
    project.upgrade()
    project.revision("r2", 'op.drop_column("users", "email")')
    url = db.url("psycopg")

    done = lint(project.config(), database=url)
    whole = lint(project.config(), "base:heads", database=url)

    assert [each.revision for each in done.findings] == ["r2"]
    assert done.revisions == 1
    assert [each.revision for each in whole.findings] == ["r1", "r2"]


def test_nothing_is_left_and_nobody_waits(db, project, users):
    """A table that somebody has locked is not asked about for long."""
    project.settings(lock_timeout="50ms")
    project.revision("r1", 'op.alter_column("users", "email", type_=sa.Text())')
    before = db.rows("SELECT oid FROM pg_class ORDER BY oid")

    with db.holding("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"):
        (found,) = lint(project.config(), database=db.url("psycopg")).findings

    assert (found.evidence.value, found.size) == ("assumed", "")
    assert db.rows("SELECT oid FROM pg_class ORDER BY oid") == before


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_command_line(db, project, users, driver):
    filled(db, 20_000)
    project.revision("r1", INDEX)
    url = db.url(driver)

    said = project.cli("lint", "--database", url, module="alembic_zdt")
    as_json = project.cli("lint", "--database", url, "--json", module="alembic_zdt")

    assert said.rc == 2, said.output
    assert "The table has about 20,000 rows, " in said.stdout
    (found,) = parsed("lint", as_json.stdout)["findings"]
    assert (found["object"], found["database"]) == ("users", db.database)
    assert found["size"].startswith("about 20,000 rows")


def test_file_of_sql_with_a_byte_order_mark(tmp_path):
    """Editors on Windows write one, and psql skips it."""
    path = tmp_path / "change.sql"
    path.write_text("DROP TABLE users;\nDROP TABLE orders;\n", encoding="utf-8-sig")

    found = lint_files([path]).findings

    assert [(each.check, each.line) for each in found] == [
        ("drop-table", 1),
        ("drop-table", 2),
    ]


def test_file_of_sql(db, tmp_path, users):
    path = tmp_path / "change.sql"
    path.write_text("ALTER TABLE users ALTER email TYPE text;\nDROP TABLE users;\n")

    done = lint_files([path], database=db.url("psycopg"))

    assert [each.check for each in done.findings] == ["drop-table"]


@pytest.mark.parametrize("url", ["nonsense", "mysql://u@h/d"])
def test_url_that_is_none(project, url):
    project.revision("r1", INDEX)

    with pytest.raises(UrlError, match="--database"):
        lint(project.config(), database=url)


def test_database_that_is_not_there(project):
    project.revision("r1", INDEX)
    url = "postgresql://nobody@127.0.0.1:1/nowhere"

    with pytest.raises(UrlError, match=r"127\.0\.0\.1"):
        lint(project.config(), database=url)


SETTINGS = [
    ({"check_modes": "create-index=off"}, []),
    ({"check_modes": "create-index=warn"}, ["warning"]),
    ({"table_modes": "public.users=off"}, []),
    ({"table_modes": "other=off"}, ["error"]),
    ({"start_after": "r1"}, []),
]


@pytest.mark.parametrize(("settings", "expected"), SETTINGS, ids=str)
def test_settings_count_without_a_database(project, settings, expected):
    project.settings(**settings)
    project.revision("r1", INDEX)

    found = lint(project.config()).findings

    assert [each.severity.value for each in found] == expected


def test_settings_of_env_count(project):
    project.configure(zdt_check_modes={"create-index": "warn"})
    project.revision("r1", INDEX)

    (found,) = lint(project.config()).findings

    assert found.severity.value == "warning"


def test_assured_body_is_let_be(project):
    body = f'with op.safety_assured("it is small"):\n    {INDEX}\n'
    project.revision("r1", f'{body}op.drop_column("users", "age")')

    assert [each.check for each in lint(project.config()).findings] == ["drop-column"]


def test_irreversible_downgrade_is_no_failure(project):
    project.revision("r1", "pass", downgrade='op.irreversible("prices are gone")')

    done = lint(project.config(), downgrade=True)

    assert (done.findings, done.unchecked) == ((), ())


CHANGES = {
    "few": ("UPDATE users SET age = 1 WHERE id < 100", []),
    "all": ("UPDATE users SET age = 1", ["error"]),
    "delete": ("DELETE FROM users WHERE id > 5", ["error"]),
    "insert": ("INSERT INTO users SELECT id + 100000 FROM users", ["error"]),
    "with": (
        "WITH a AS (UPDATE users SET age = 2 RETURNING id) SELECT count(*) FROM a",
        ["error"],
    ),
    "several": ("UPDATE users SET age = 1; SELECT 1", ["error"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_planner_says_how_many_rows_change(db, users, linted, change):
    filled(db, 20_000)
    statement, expected = CHANGES[change]

    found = linted(f'op.execute("{statement}")')

    assert [each.severity.value for each in found] == expected
    assert db.value("SELECT count(*) FROM users WHERE age = 1") == 1


def test_terminal_shows_file_by_file(project):
    project.revision("r1", f"{INDEX}\nop.drop_index('[/]', 'users')")

    code, done = on_terminal(["-c", project.ini, "lint"], project.folder)

    assert code == 2
    assert "r1_.py" in done
    assert "create-index: the index ix is built" in done
    assert "op.drop_index_concurrently('[/]', 'users')" in done
    assert "1 revision, 2 findings" in done


@pytest.mark.parametrize(
    ("columns", "is_found"), [("(id)", False), ("(id, email)", True), ("(age)", True)]
)
def test_key_from_an_index_whose_columns_the_database_knows(
    db, linted, columns, is_found
):
    """And whether they may be NULL."""
    db.execute(USERS.replace(" PRIMARY KEY", " NOT NULL"))
    db.execute(f"CREATE UNIQUE INDEX ix ON users {columns}")

    found = linted(
        'op.execute("ALTER TABLE users ADD CONSTRAINT k PRIMARY KEY USING INDEX ix")'
    )

    instead = "op.create_primary_key_concurrently('k', 'users', ["
    assert [each.suggestion.startswith(instead) for each in found] == [True] * is_found


def test_key_from_an_index_with_included_columns(db, linted):
    """They are no columns of the key, and no directive includes any."""
    db.execute(USERS.replace(" PRIMARY KEY", ""))
    db.execute("CREATE UNIQUE INDEX ix ON users (id) INCLUDE (email)")
    change = "ALTER TABLE users ADD CONSTRAINT k PRIMARY KEY USING INDEX ix"

    (found,) = linted(f'op.execute("{change}")')

    assert found.suggestion == (
        "# No ready call: no directive has an argument for postgresql_include"
    )
    db.execute("ALTER TABLE users ALTER id SET NOT NULL")
    assert linted(f'op.execute("{change}")') == ()


def test_key_from_an_index_that_is_not_there(users, linted):
    (found,) = linted('op.execute("ALTER TABLE users ADD PRIMARY KEY USING INDEX no")')

    assert found.check == "add-primary-key-using-index"
    assert found.suggestion == ""


def test_version_table_that_is_locked(db, project, users):
    project.revision("r1", "pass")
    project.upgrade()

    with db.holding("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"):
        done = project.cli("lint", "--database", db.url(), module="alembic_zdt")

    assert done.rc == 255
    assert "Traceback" not in done.output
    assert "its version table is locked" in done.output


def test_nothing_is_said_beside_the_findings(db, project, users):
    project.revision("r1", INDEX)

    done = project.cli("lint", "--database", db.url(), module="alembic_zdt")

    assert done.stderr == ""
