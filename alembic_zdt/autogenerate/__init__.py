"""Autogenerate: changes of the models become safe revisions, one for each phase.

``rewriter`` goes through what Alembic found, ``rewriting`` makes each stock operation
one or more :class:`~alembic_zdt.autogenerate.change.Change`, and ``revisions`` puts
those into as few revision files as their phases need.
"""
