"""What the generated files need to know of the directives: signature and docstring."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from alembic.operations import Operations

from alembic_zdt import registration
from alembic_zdt.directives import ANNOTATIONS, DIRECTIVES
from alembic_zdt.operations.base import REGISTERED, REGISTERED_ANNOTATIONS
from alembic_zdt.operations.calls.argument_docs import sections

ENTRY = re.compile(r"^    (\w+): (.*)$")


@dataclass(frozen=True)
class Docstring:
    """A docstring of a directive, in its parts.

    Attributes:
        text: the paragraphs before the first section, the link left out.
        arguments: name -> what it is.
        raises: class -> when.
        example: a call.
        instead: what one would write without us.
        link: the page of the documentation of what it uses.
    """

    text: str
    arguments: dict[str, str]
    raises: dict[str, str]
    example: str
    instead: str
    link: str


@dataclass(frozen=True)
class Directive:
    """What a caller may know of ``op.<name>``.

    Attributes:
        name: of the directive.
        parameters: as the caller gives them.
        returns: the annotation.
        docstring: without its indentation.
    """

    name: str
    parameters: tuple[inspect.Parameter, ...]
    returns: str
    docstring: str

    @property
    def parts(self) -> Docstring:
        """The docstring in its parts."""
        parts = sections(self.docstring)
        return Docstring(
            text=parts["text"],
            arguments=_entries(parts.get("Args", "")),
            raises=_entries(parts.get("Raises", "")),
            example=_code(parts.get("Example", "")),
            instead=_code(parts.get("Instead of", "")),
            link=parts["link"],
        )

    @property
    def story(self) -> str:
        """The docstring of the file that it is written in."""
        registered = {**REGISTERED, **REGISTERED_ANNOTATIONS}
        module = sys.modules[registered[self.name].__module__]
        return inspect.getdoc(module) or ""

    @property
    def neighbours(self) -> list[str]:
        """The other directives of the same story file, and of the same workflow."""
        if self.name in ANNOTATIONS:
            return []
        mine = DIRECTIVES[self.name]
        workflow = self.name.partition("_")[2]
        return [
            name
            for name, story in DIRECTIVES.items()
            if name != self.name
            and (story == mine or name.partition("_")[2] == workflow)
        ]


def directives() -> list[Directive]:
    """Every registered directive, by name."""
    registration.register()
    return [_directive(name) for name in sorted(REGISTERED)]


def all_annotations() -> list[Directive]:
    """Return every registered annotation, by name."""
    registration.register()
    return [_directive(name) for name in sorted(ANNOTATIONS)]


def _directive(name: str) -> Directive:
    signature = inspect.signature(
        getattr({**REGISTERED, **REGISTERED_ANNOTATIONS}[name], name)
    )
    # The first one is `operations`, which Alembic passes.
    _, *parameters = signature.parameters.values()
    # Alembic moves the docstring of the classmethod to the method it makes.
    docstring = inspect.getdoc(getattr(Operations, name)) or ""
    return Directive(name, tuple(parameters), signature.return_annotation, docstring)


def _entries(section: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        head = ENTRY.match(line)
        if head:
            name = head[1]
            entries[name] = head[2]
        else:
            entries[name] += f" {line.strip()}"
    return entries


def _code(section: str) -> str:
    return textwrap.dedent(section).strip()


def paragraphs(text: str) -> Iterator[str]:
    """Return the paragraphs of a docstring, each on one line."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        yield " ".join(paragraph.split())
