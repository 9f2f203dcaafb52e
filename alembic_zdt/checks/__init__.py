"""Checks of revisions for operations that block, break or lose something.

``rules`` has a file for each check.  The calls that checks examine are recorded in the
package ``alembic_zdt.recording``, which runs revisions without a server.
"""
