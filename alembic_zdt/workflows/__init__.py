"""Directives that run in phases, with a folder or file for each workflow."""
