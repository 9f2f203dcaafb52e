"""Keep operations in a queue, and run them outside of the upgrade.

A revision that calls a directive with ``mode="background"`` only queues the call.
``alembic-zdt work`` runs it later, in its time window and after its approval.
"""
