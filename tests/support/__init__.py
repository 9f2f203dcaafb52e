"""Servers, databases, projects, traffic and names for the tests."""
