"""The server is far away: the way to it counts against no timeout."""

from __future__ import annotations

from sqlalchemy.engine import make_url

from tests.support.proxy import proxy_to


def test_way_to_the_server_is_longer_than_the_bound(db, project, driver):
    """The bound is for what the server does under the lock."""
    db.execute("CREATE TABLE users (id int PRIMARY KEY)")
    project.revision("r1", 'op.expand_add_column("users", sa.Column("n", sa.Integer))')
    url = make_url(db.url(driver))
    ini = project.ini.read_text()
    uncached = "?prepared_statement_cache_size=0" if driver == "asyncpg" else ""
    with proxy_to(url.host, url.port, distance=0.015) as line:
        there = f":{line.port}/{url.database}{uncached}"
        project.write(project.ini, ini.replace(f":{url.port}/{url.database}", there))
        project.upgrade(x=["zdt.lock_timeout=20ms"])

    assert "n" in db.columns("users")
