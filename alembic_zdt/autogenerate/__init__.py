"""Autogenerate: safe revisions for changes of the models, one for each phase.

``comparing`` shows Alembic the database with its future names.  ``found`` adds renames
and enum values, which Alembic does not find.  ``changes`` converts each stock operation
to one or more :class:`~alembic_zdt.autogenerate.changes.change.Change`.  ``writing``
puts those into as few revision files as their phases need.  ``rewriter`` holds the hook
that env.py names.
"""
