"""Databases that exist for one run, and the migrations of a project in them."""
