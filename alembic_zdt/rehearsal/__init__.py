"""Run revisions in a scratch database with rows and traffic, and trace them.

``table_shape.py`` reads the tables, ``values.py`` and ``filling.py`` make rows,
``auto_traffic.py`` makes statements, and ``rehearsal.py`` runs all of it.
"""
