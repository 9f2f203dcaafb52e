"""No module imports itself through others, except the phases of one workflow.

A phase names its opposite in a downgrade, so the phases of a workflow need each other.
"""

from __future__ import annotations

import grimp


def circles(imports):
    """Return the sets of two or more modules that all reach each other."""
    reached = {module: reach(module, imports) for module in imports}
    return {
        frozenset(b for b in reached[a] if a in reached[b])
        for a in imports
        if a in reached[a]
    }


def reach(module, imports):
    """Return the modules that one imports, itself or through others."""
    found, waiting = set(), [module]
    while waiting:
        new = imports[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_circle_is_found():
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}

    assert circles(imports) == {frozenset("abc")}


def test_only_phases_of_one_workflow_import_each_other():
    graph = grimp.build_graph("alembic_zdt")
    imports = {
        each: graph.find_modules_directly_imported_by(each) for each in graph.modules
    }

    for circle in circles(imports):
        rooms = {each.rpartition(".")[0] for each in circle}
        assert len(rooms) == 1, circle
        assert next(iter(rooms)).startswith("alembic_zdt.workflows."), circle
