"""Checks of ``alembic-zdt doctor``, a file for each subject.

``examination`` runs them.  A check only reads.
"""
