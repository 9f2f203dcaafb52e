"""Checks of revisions: what stalls, breaks or loses something, and what to write.

``rules`` has a file for each; ``recording`` runs revisions without a server.
"""
