"""Directives that come in phases: one folder or file for each workflow."""
