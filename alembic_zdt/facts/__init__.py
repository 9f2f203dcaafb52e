"""Facts of a database in a file, with which ``lint`` and ``plan`` need no database.

``collection.py`` reads them, ``facts_file.py`` writes and reads the file,
``facts_oracle.py`` answers the questions of checks, and ``facts_survey.py`` those of
operations and estimates.
"""
