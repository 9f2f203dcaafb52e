"""Runs revisions without a server, and keeps each call, its place and its SQL."""
