"""Files that commands write: whole, and without harm to what is no file."""

from __future__ import annotations

import os
import threading

from alembic_zdt.commands.writing import write_all


def test_pipe_gets_the_text_and_stays_a_pipe(tmp_path):
    """As ``-o /dev/null`` does, which root could replace by a file."""
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()

    write_all({tmp_path / "a.sql": "SELECT 1;\n", pipe: "SELECT 2;\n"})
    reader.join(10)

    assert read == ["SELECT 2;\n"]
    assert pipe.is_fifo()
    assert (tmp_path / "a.sql").read_text() == "SELECT 1;\n"


def test_link_stays_a_link(tmp_path):
    """Its file is replaced, as the shell does it with ``>``."""
    (tmp_path / "there").mkdir()
    file, link = tmp_path / "there" / "a.sql", tmp_path / "link.sql"
    file.write_text("old")
    link.symlink_to(file)

    write_all({link: "new"})

    assert link.is_symlink()
    assert file.read_text() == "new"
    assert sorted(tmp_path.iterdir()) == [link, file.parent]
