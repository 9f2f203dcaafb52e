"""Reasons why a directive refuses a change."""
