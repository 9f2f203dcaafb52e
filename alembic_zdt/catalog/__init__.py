"""Read-only questions to ``pg_catalog``, one file per subject.

Guards are SQL expressions made of literals, so that the same text is asked online
and written into a ``--sql`` script.
"""
