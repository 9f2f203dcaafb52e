"""Edits of revision files that ``lint --fix`` makes."""
