"""The generated tests, as pytest collects them from Alembic's configuration.

https://docs.pytest.org/en/stable/example/nonpython.html
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic.util import CommandError

from alembic_zdt.testing.kit import KIT, Kit
from alembic_zdt.testing.revision_tests import OF_ALL, OF_EACH_REVISION


class TestedMigrations(pytest.File):
    """The configuration of Alembic, with the tests of its revisions."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the tests, revision by revision, from the first revision on."""
        for order, item in enumerate(self._items()):
            item.order = order
            yield item

    def _items(self) -> Iterator[RevisionItem]:
        kit = self.config.stash[KIT]
        tests = dict(OF_EACH_REVISION)
        if not kit.large_tables.is_known:
            del tests["no_stall"]
        for revision in reversed(list(kit.project.script.walk_revisions())):
            for name, test in tests.items():
                one = _of(test, revision.revision)
                yield self._item(f"{name}[{revision.revision}]", one, revision.path)
        for name, whole in OF_ALL.items():
            yield self._item(name, whole)

    def _item(self, name: str, test: Callable[[Kit], None], path: Any = None) -> Any:
        return RevisionItem.from_parent(
            self, name=name, test=test, tested=path or self.path
        )


def _of(test: Callable[[Kit, str], None], revision: str) -> Callable[[Kit], None]:
    return lambda kit: test(kit, revision)


class RevisionItem(pytest.Item):
    """One test.

    Attributes:
        order: its place among the generated tests.
    """

    order: int

    def __init__(
        self, *, test: Callable[[Kit], None], tested: Any, **known: Any
    ) -> None:
        super().__init__(**known)
        self._test, self._tested = test, tested

    def runtest(self) -> None:
        """Run the test."""
        self._test(self.config.stash[KIT])

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> Any:
        """Return the message of Alembic's errors, the traceback of any other error."""
        if isinstance(excinfo.value, CommandError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return the file of the revision, and the name of the test."""
        return self._tested, None, self.name
