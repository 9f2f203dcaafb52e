"""Docstrings of directives, completed by what several directives have in common.

The classes that an operation inherits from describe the arguments and errors that all
phases of a workflow have, the example, with ``op.<directive>`` for its name, and the
stock calls that the workflow replaces.  The docstring of a directive describes what is
its own.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

_SECTION = re.compile(r"^(Args|Raises):$|^(Example|Instead of)::$")
_ENTRY = re.compile(r"(?m)^(?=    (\w+): )")
_HEADS = {
    "text": "",
    "Args": "Args:\n",
    "Raises": "Raises:\n",
    "Example": "Example::\n\n",
    "Instead of": "Instead of::\n\n",
    "link": "",
}


def sections(docstring: str) -> dict[str, str]:
    """Return a docstring's text, sections and links, without the headings."""
    parts: dict[str, list[str]] = {"text": [], "link": []}
    current = "text"
    for line in docstring.splitlines():
        head = _SECTION.match(line)
        if line.startswith("https://"):
            parts["link"].append(line)
        elif head:
            current = head[1] or head[2]
            parts[current] = []
        else:
            parts[current].append(line)
    return {name: "\n".join(lines).strip("\n") for name, lines in parts.items()}


def complete(story: type[Any], name: str) -> None:
    """Add to the docstring of a directive what its base classes describe.

    Args:
        story: the operation.
        name: the directive, a classmethod of the operation.
    """
    function = vars(story)[name].__func__
    if not function.__doc__:
        return  # python -OO
    parts: dict[str, str] = {}
    arguments: dict[str, str] = {}
    raises: dict[str, str] = {}
    described = [vars(each).get("__doc__") or "" for each in reversed(story.__mro__)]
    for docstring in (*described[1:], function.__doc__):
        own = sections(inspect.cleandoc(docstring))
        parts |= own
        arguments |= _entries(own, "Args")
        errors = _entries(own, "Raises")
        raises = errors | raises | errors  # those of the base classes come last
    given = [arguments.get(each, "") for each in inspect.signature(function).parameters]
    parts["Args"] = "\n".join(filter(None, given))
    parts["Raises"] = "\n".join(raises.values())
    written = (
        f"{head}{parts[name]}" for name, head in _HEADS.items() if parts.get(name)
    )
    function.__doc__ = "\n\n".join(written).replace("op.<directive>", f"op.{name}")


def _entries(parts: dict[str, str], section: str) -> dict[str, str]:
    """Return the lines about each argument or error by its name."""
    _, *found = _ENTRY.split(parts.get(section, ""))
    names, texts = found[::2], found[1::2]
    return {name: text.rstrip() for name, text in zip(names, texts, strict=True)}
