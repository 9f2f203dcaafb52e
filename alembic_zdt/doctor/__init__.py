"""What ``alembic-zdt doctor`` looks at: a file for each story, all run by one.

``examination`` runs them.  A check reads; it changes nothing, and waits for nobody.
"""
