"""Preparation and completion of each comparison of the models with a database."""
