"""The README as an index page shows it: its links lead somewhere from anywhere.

The build rewrites them with ``hatch-fancy-pypi-readme``, as ``pyproject.toml`` says.
"""

from __future__ import annotations

import re

FENCED = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
TARGETS = (
    re.compile(r"\]\(([^)\s]+)"),
    re.compile(r"\b(?:src|srcset|href)=[\"']([^\"']+)"),
    re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE),
)
FROM_ANYWHERE = ("https://", "http://", "mailto:", "#")


def relative_links(markdown: str) -> list[str]:
    """Return the targets of links and pictures that only a checkout has."""
    text = FENCED.sub("", markdown)
    found = [target for pattern in TARGETS for target in pattern.findall(text)]
    return [target for target in found if not target.startswith(FROM_ANYWHERE)]
