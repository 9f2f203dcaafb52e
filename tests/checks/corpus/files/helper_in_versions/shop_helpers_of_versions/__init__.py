"""Helpers that stand beside the revisions."""

TABLES = ("users", "orders")


def guarded(function):
    def run():
        return function()

    return run
