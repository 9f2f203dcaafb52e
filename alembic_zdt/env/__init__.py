"""The body of a user's ``env.py``, which is upgraded with the package.

``env.py`` itself says only what differs from project to project: the models, and maybe
where the URL comes from.  See :func:`alembic_zdt.env.run`.
"""

from __future__ import annotations

from alembic_zdt.env.body import run

__all__ = ["run"]
