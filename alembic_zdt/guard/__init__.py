"""Stops what a check finds before it is sent, when revisions are run."""
