"""What autogenerate makes of a change of the models, and what it leads to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec

import pytest

_DATE = re.compile(r"^Create Date: .*$", re.MULTILINE)


_CHECKS = "alembic.ext.checkconstraint_byname"
COMPARED = {
    "compare_server_default": True,
    "autogenerate_plugins": [
        "alembic.autogenerate.*",
        *([_CHECKS] if find_spec("alembic.ext") and find_spec(_CHECKS) else ()),
    ],
}
"""What ``context.configure()`` is given to find all that Alembic can find."""


@dataclass
class Generated:
    """The revisions of one change.

    Attributes:
        files: name -> text, in the order in which they are run.
    """

    files: dict[str, str]

    @property
    def text(self) -> str:
        """All of them, the dates left out."""
        parts = [f"##### {name}\n{text}" for name, text in self.files.items()]
        return _DATE.sub("Create Date: -", "\n".join(parts))

    @property
    def bodies(self) -> dict[str, list[str]]:
        """Phase -> the calls of its upgrade."""
        found = {}
        for text in self.files.values():
            (phase,) = re.findall(r'^zdt_phase = "(\w+)"$', text, re.MULTILINE)
            upgrade = text.partition("def upgrade()")[2].partition("\n\n\n")[0]
            lines = upgrade.splitlines()[1:]
            calls = [
                line.strip() for line in lines if line.strip()[:1] not in ('"', "#")
            ]
            found.setdefault(phase, []).extend(calls)
        return found


@pytest.fixture
def generate(project):
    """Call with the models; returns what is written for them."""

    def generate(models: str, message: str = "change", **options) -> Generated:
        project.models(models)
        if "alembic_zdt.rewriter" not in project.env.read_text():
            project.rewriting()
            project.configure(**COMPARED)
        known = set(project.scripts())
        options = {"rev_id": "0001"} | options
        project.run("revision", message, autogenerate=True, **options)
        new = [path for path in project.scripts() if path not in known]
        return Generated({path.name: path.read_text() for path in ordered(new)})

    return generate


def ordered(paths):
    """Revision files by the revision that each stands on."""
    paths = list(paths)
    texts = {path: path.read_text() for path in paths}
    ids = {path: _value("revision", text) for path, text in texts.items()}
    below = {path: _value("down_revision", text) for path, text in texts.items()}
    ordered = [path for path in paths if below[path] not in ids.values()]
    while len(ordered) < len(paths):
        (following,) = (p for p in paths if below[p] == ids[ordered[-1]])
        ordered.append(following)
    return ordered


def _value(name, text):
    (found,) = re.findall(rf"^{name}\b.*= (?:'(.*)'|None)$", text, re.MULTILINE)
    return found
