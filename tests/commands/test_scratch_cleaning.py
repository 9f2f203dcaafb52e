"""``alembic-zdt rehearse --clean``: databases of killed commands are dropped."""

from __future__ import annotations

import signal

from tests.support.waiting import wait_until


def test_databases_of_a_killed_rehearsal_are_dropped(project, admin, creator):
    """Also while a session of it still runs; those of a running one are left."""
    project.revision("r1", "op.execute('SELECT pg_sleep(3600)')")
    clean = ("rehearse", "--clean", "--on", creator.url)
    running = project.start("rehearse", "--on", creator.url, module="alembic_zdt")
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND query ~ %s"
    sleeping = (creator.name, "pg_sleep")
    wait_until(
        lambda: admin.execute(query, sleeping).fetchone()[0], "it runs", timeout=60
    )
    made = creator.left()
    assert made

    during = project.cli(*clean, module="alembic_zdt")
    assert creator.left() == made
    for name in made:
        assert f"left {name}: in use, made by rehearse on " in during.stdout

    running.popen.send_signal(signal.SIGKILL)
    running.wait()
    assert creator.left() == made
    lines = []

    def is_clean():
        lines.extend(project.cli(*clean, module="alembic_zdt").stdout.splitlines())
        return creator.left() == []

    wait_until(is_clean, "its session with the lock has ended", timeout=30)
    for name in made:
        assert any(
            each.startswith(f"dropped {name}: made by rehearse on ") for each in lines
        )


def test_server_is_needed(project):
    found = project.cli("rehearse", "--clean", module="alembic_zdt")

    assert found.rc == 255
    assert "--clean needs a server" in found.stdout
