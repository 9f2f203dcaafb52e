"""The shop's models change, and old and new code run while each phase is run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.project import ROOT
from tests.support.traffic import traffic

SHOP = ROOT / "examples" / "shop" / "models.py"
CHANGES = {
    "    email: Mapped[str] = mapped_column(unique=True)": (
        "    email_address: Mapped[str] = mapped_column(\n"
        '        unique=True, info={"zdt": {"renamed_from": "email"}}\n'
        "    )\n"
        "    nickname: Mapped[str | None] = mapped_column(index=True)\n"
        '    points: Mapped[int] = mapped_column(server_default="0")'
    ),
    "    price_cents: Mapped[int]\n": (
        "    price_cents: Mapped[float] = mapped_column(Numeric(12, 2))\n"
    ),
    "    note: Mapped[str | None]\n": "",
    "    MetaData,\n": "    MetaData,\n    Numeric,\n",
}
OLD_CODE = {
    "reads": ("SELECT email, name FROM users", "SELECT note FROM orders"),
    "writes": (
        "INSERT INTO users (email, name) VALUES (gen_random_uuid(), 'n')",
        "UPDATE products SET price_cents = price_cents + 1 WHERE id = 1",
        "INSERT INTO orders (user_id, total_cents, note) VALUES (1, {n}, 'x')",
    ),
}
NEW_CODE = {
    "reads": ("SELECT email_address, nickname, points FROM users",),
    "writes": (
        (
            "INSERT INTO users (email_address, name, nickname)"
            " VALUES (gen_random_uuid(), 'n', 'x')"
        ),
        "UPDATE products SET price_cents = price_cents + 1 WHERE id = 2",
        "INSERT INTO orders (user_id, total_cents) VALUES (2, {n})",
    ),
}
BOTH = {kind: (*OLD_CODE[kind], *NEW_CODE[kind]) for kind in OLD_CODE}


@pytest.fixture
def shop(db, project):
    """The shop's tables with a few rows, and its models."""
    project.write("shop.py", SHOP.read_text())
    project.models("from shop import Base\nmetadata = Base.metadata")
    code = (
        "import shop, sqlalchemy;"
        f" shop.Base.metadata.create_all(sqlalchemy.create_engine({db.url()!r}))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=project.folder, check=True)
    db.execute(
        "INSERT INTO users (email, name) SELECT 'u' || n, n FROM"
        " generate_series(1, 500) n;"
        "INSERT INTO products (title, price_cents) SELECT n, n FROM"
        " generate_series(1, 500) n;"
        "INSERT INTO orders (user_id, total_cents) SELECT n, n FROM"
        " generate_series(1, 500) n"
    )
    return project


def run(project, *arguments):
    return project.cli(*arguments, module="alembic_zdt").ok()


@pytest.mark.slow
def test_phase_by_phase_with_old_and_new_code(db, shop, driver):
    """Nobody's statement fails in a phase that is made for it, up and down."""
    before = db.catalog()
    source = SHOP.read_text()
    for old, new in CHANGES.items():
        assert old in source
        source = source.replace(old, new)
    shop.write("shop.py", source)
    run(shop, "revision", "--autogenerate", "-m", "addresses", "--rev-id", "0001")
    assert len(shop.scripts()) == 3

    for code, arguments in (
        (OLD_CODE, ("upgrade", "--phase", "expand")),
        (BOTH, ("upgrade", "--phase", "migrate")),
        (NEW_CODE, ("upgrade", "--phase", "contract")),
        (NEW_CODE, ("downgrade", "0001_migrate")),
        (BOTH, ("downgrade", "0001")),
        (OLD_CODE, ("downgrade", "base")),
    ):
        with traffic(db, **code, rate=20, lock_timeout="5s") as seen:
            run(shop, *arguments)
            seen.wait_for_more(20)
        assert seen.errors == [], arguments
        if arguments == ("upgrade", "--phase", "contract"):
            run(shop, "check")

    assert db.catalog() == before
    shop.write("shop.py", SHOP.read_text())
    for script in shop.scripts():
        script.unlink()
    run(shop, "check")
