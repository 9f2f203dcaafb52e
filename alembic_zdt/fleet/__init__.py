"""Fleet runs: one migration on many databases and schemas.

A run and its targets are rows of two tables in one database, the *control database*.
Worker processes lease targets from there, so any number of machines can work on a run,
and an interrupted run goes on where it stopped.
"""

from __future__ import annotations

from alembic_zdt.fleet.one_target import upgrade_target

__all__ = ["upgrade_target"]
