"""``alembic-zdt compat``: the tests of running code, after revisions of a branch."""

from __future__ import annotations

from alembic_zdt.commands.compat.base_tests import compat

__all__ = ["compat"]
