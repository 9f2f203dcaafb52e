"""Several databases behind one history, as Alembic's template has them."""

from __future__ import annotations

import argparse
import io
import re

import pytest
from alembic import command
from alembic.config import Config

from alembic_zdt import rewriter
from alembic_zdt.commands.check import check
from alembic_zdt.commands.contract import contract
from alembic_zdt.commands.revision import revision
from alembic_zdt.errors import GateClosedError, UsageError

MODELS = """
import sqlalchemy as sa
one, two = sa.MetaData(), sa.MetaData()
sa.Table("users", one, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("age", sa.Integer))
sa.Table("orders", two, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("total", sa.BigInteger))
target_metadata = {"engine1": one, "engine2": two}
"""


@pytest.fixture
def multidb(db, new_schema, tmp_path):
    """A project whose two databases are two schemas."""
    other = new_schema()
    db.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)")
    db.execute(f"CREATE TABLE {other}.orders (id int PRIMARY KEY, total int)")
    ini, folder = tmp_path / "multi.ini", tmp_path / "multi"
    config = Config(str(ini), stdout=io.StringIO(), cmd_opts=argparse.Namespace(x=[]))
    command.init(config, str(folder), template="multidb")
    text = ini.read_text()
    for name, place in (("", db.schema), ("2", other)):
        stock = f"sqlalchemy.url = driver://user:pass@localhost/dbname{name}"
        assert stock in text
        sign = "&" if "?" in db.url() else "?"
        url = f"{db.url()}{sign}options=-csearch_path%3D{place}"
        mine = f"sqlalchemy.url = {url}".replace("%", "%%")
        text = text.replace(f"{stock}\n", f"{mine}\n", 1)
    ini.write_text(text)
    env = folder / "env.py"
    source = env.read_text().replace("target_metadata = {}", MODELS)
    source = re.sub(r"^\s*fileConfig\(.*$", "    pass", source, flags=re.MULTILINE)
    env.write_text(source)
    return config, folder / "versions"


def test_each_phase_has_a_revision_for_both(db, multidb):
    """One database needs two phases, the other all three."""
    config, versions = multidb

    command.revision(
        config,
        "change",
        autogenerate=True,
        rev_id="0001",
        process_revision_directives=rewriter,
    )

    texts = {path.stem: path.read_text() for path in versions.glob("*.py")}
    assert set(texts) == {"0001_change", "0001_migrate_change", "0001_contract_change"}
    expand = texts["0001_change"]
    assert "op.expand_add_column('users'" in upgrade(expand, "engine1")
    assert "op.expand_alter_column_type('orders'" in upgrade(expand, "engine2")
    migrate = texts["0001_migrate_change"]
    assert "op." not in upgrade(migrate, "engine1")
    assert "op.migrate_alter_column_type('orders'" in upgrade(migrate, "engine2")
    contract = texts["0001_contract_change"]
    assert "op.contract_drop_column('users'" in upgrade(contract, "engine1")
    assert "op.contract_alter_column_type('orders'" in upgrade(contract, "engine2")


def commit_each_step(env):
    """Let env.py open its transactions as directives need them."""
    text = env.read_text().replace("= conn.begin()", "= conn")
    run = "\n            context.run_migrations(engine_name=name)\n"
    assert text.count(run) == 1
    begun = run.replace("context", "with context.begin_transaction(): context")
    env.write_text(text.replace(run, begun))


def test_contract_waits_for_old_sessions_in_each_of_them(db, multidb, monkeypatch):
    """What is done to the other one does not count, nor does a table without rows."""
    config, versions = multidb
    commit_each_step(versions.parent / "env.py")
    monkeypatch.delenv("ZDT_ALLOW_SAME_RUN")
    options = {"autogenerate": True, "process_revision_directives": rewriter}
    command.revision(config, "change", rev_id="0001", **options)
    urls = (versions.parent.parent / "multi.ini").read_text()
    (two,) = set(re.findall(r"search_path%%3D(\w+)", urls)) - {db.schema}
    db.execute(f"INSERT INTO {two}.orders VALUES (1, 1)")

    for _try in range(2):
        with pytest.raises(GateClosedError) as refused:
            command.upgrade(config, "head")
        assert refused.value.pids == [db.pid]
        assert db.columns("users") == ["id", "age"]
    config.cmd_opts.x = ["zdt.stock_upgrade=before-contract"]
    command.upgrade(config, "head")

    current = db.value(f"SELECT version_num FROM {two}.alembic_version")
    assert current == "0001_migrate"


def test_hook_of_env_sees_what_is_found_in_each_of_them(multidb):
    """As with stock Alembic, the last operations of the first revision are new."""
    config, versions = multidb
    env = versions.parent / "env.py"
    hook = (
        "def hook(context, revision, directives):\n"
        "    last = directives[0].upgrade_ops_list[-1]\n"
        "    last.ops = [op for op in last.ops if op.table_name != 'orders']\n"
    )
    source = env.read_text().replace("def run_", f"{hook}def run_", 1)
    stock = "                downgrade_token="
    named = f"                process_revision_directives=hook,\n{stock}"
    env.write_text(source.replace(stock, named))

    revision(config, message="change", autogenerate=True)

    texts = [path.read_text() for path in versions.glob("*.py")]
    assert any("op.expand_add_column('users'" in text for text in texts)
    assert not any("orders" in upgrade(text, "engine2") for text in texts)


def test_check_looks_at_each_of_them(db, multidb):
    """What has drifted in the first one is said, too."""
    config, _ = multidb
    db.execute("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID")
    command.revision(config, "change", autogenerate=True)
    command.stamp(config, "heads")

    found = check(config)

    assert [each.object for each in found.drift] == [f"{db.schema}.users.c"]
    words = " ".join(map(str, found.differences))
    assert "email" in words
    assert "total" in words


def test_contracts_are_not_written_for_one_of_them(multidb):
    config, versions = multidb
    (versions / "1.py").write_text(
        "from alembic_zdt import op\n"
        "revision, down_revision = '1', None\n"
        "def upgrade(engine_name):\n"
        "    globals()[f'upgrade_{engine_name}']()\n"
        "def upgrade_engine1():\n"
        "    op.expand_rename_column('users', 'email', 'mail')\n"
    )
    command.stamp(config, "heads")

    with pytest.raises(UsageError, match="has several databases"):
        contract(config)

    assert [path.name for path in versions.glob("*.py")] == ["1.py"]


def upgrade(text, name):
    """The body of one database's function."""
    return re.findall(
        rf"^def upgrade_{name}\(\).*?(?=^def|\Z)", text, re.MULTILINE | re.DOTALL
    )[0]


def test_expand_of_one_comes_before_the_contract_of_the_other(db, multidb, tmp_path):
    """Whichever database is looked at first."""
    config, versions = multidb
    db.execute("ALTER TABLE users ADD age int, ALTER email DROP NOT NULL")
    other = tmp_path / "multi" / "env.py"
    models = other.read_text().replace(
        "sa.BigInteger))", "sa.Integer),\n    sa.Column('note', sa.Text))"
    )
    other.write_text(models)

    command.revision(
        config,
        "change",
        autogenerate=True,
        rev_id="0001",
        process_revision_directives=rewriter,
    )

    texts = {path.stem: path.read_text() for path in versions.glob("*.py")}
    assert set(texts) == {"0001_change", "0001_contract_change"}
    assert "op.contract_drop_column('users'" in texts["0001_contract_change"]
    assert re.search(
        r"^down_revision.* = '0001'$", texts["0001_contract_change"], re.MULTILINE
    )
