"""Recordings of revisions without a server: each call, its place and its SQL."""
