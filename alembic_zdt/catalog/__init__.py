"""Read-only questions to ``pg_catalog``, one file per subject.

Skip conditions are SQL expressions made of literals, so that the same text is asked
online and written into a ``--sql`` script.
"""
