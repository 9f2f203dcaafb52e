"""``alembic-zdt init``: create a folder for revisions, with a complete ``env.py``.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#the-migration-environment
"""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config

OURS = "zdt"
DIRECTORY = "migrations"


def init(
    config: Config,
    directory: str = DIRECTORY,
    template: str = OURS,
    *,
    package: bool = False,
) -> None:
    """Write ``env.py``, the template of revisions, and alembic.ini if there is none.

    Args:
        config: Alembic's configuration; it names the ini file.
        directory: the new folder.
        template: ``zdt``, or one of Alembic's.
        package: whether the folder is a Python package.

    Raises:
        CommandError: the folder is not empty, or the template does not exist.
    """
    if template == OURS:
        ours = str(files("alembic_zdt") / "templates")
        setattr(config, "get_template_directory", lambda: ours)  # noqa: B010
    command.init(config, directory, template, package)
