"""The code behind a project's ``env.py``, which is upgraded with the package.

``env.py`` itself holds only what differs between projects: the models, and maybe the
source of the URL.  See :func:`alembic_zdt.env.run`.
"""

from __future__ import annotations

from alembic_zdt.env.body import run

__all__ = ["run"]
