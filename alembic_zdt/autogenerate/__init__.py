"""Autogenerate: changes of the models become safe revisions, one for each phase.

``comparing`` shows Alembic the database as it will be called, and adds what is
``found`` beside what Alembic finds; ``changes`` makes each stock operation one or more
:class:`~alembic_zdt.autogenerate.changes.change.Change`; ``writing`` puts those into as
few revision files as their phases need.  ``rewriter`` is the door that env.py knows.
"""
