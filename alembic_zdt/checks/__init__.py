"""Checks of revisions for operations that block, break or lose something.

``rules`` has a file for each check; ``recording`` runs revisions without a server.
"""
