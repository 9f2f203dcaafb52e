"""The lines that a revision has run, call by call of its functions.

https://docs.python.org/3/library/sys.html#sys.settrace
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from alembic import op

_RESUMED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

Trace = Callable[[FrameType, str, Any], Any]


@dataclass(frozen=True)
class FunctionRun:
    """One run of a function, or all runs of a generator.

    Attributes:
        code: the code of the function.
        lines: the lines that have run.
        line: the line of the revision's file from which the function was called.
        has_failed: whether an error has ended it.
    """

    code: CodeType
    lines: frozenset[int]
    line: int
    has_failed: bool

    @property
    def is_whole(self) -> bool:
        """Check whether all lines of the function have run."""
        own = {line for *_, line in self.code.co_lines() if line is not None}
        return own - {self.code.co_firstlineno} <= self.lines


@dataclass
class RunLines:
    """The functions of a revision, and of its helpers, that have run.

    Helpers are functions of files in the same folder or below, and of modules that
    import ``op``.

    Args:
        path: the path of the revision's file.
        folder: the folder of the project's migrations.

    Attributes:
        runs: the runs of functions, in the order in which they ended.
    """

    path: str
    folder: Path
    runs: dict[FunctionRun, None] = field(default_factory=dict)
    _wanted: dict[str, bool] = field(default_factory=dict)
    _resumed: dict[tuple[CodeType, int], set[int]] = field(default_factory=dict)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note the lines that run while the body runs."""
        before = sys.gettrace()

        def enter(frame: FrameType, event: Any, argument: Any) -> Any:
            if self._is_wanted(frame):
                return self._of_frame(frame)
            return before(frame, event, argument) if before else None

        sys.settrace(enter)
        threading.settrace(enter)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(before)
            for (code, line), lines in self._resumed.items():
                self._keep(FunctionRun(code, frozenset(lines), line, False))

    def _is_wanted(self, frame: FrameType) -> bool:
        file = frame.f_code.co_filename
        known = self._wanted.get(file)
        if known is None:
            known = file == self.path or self._is_helper(file, frame.f_globals)
            self._wanted[file] = known
        return known

    def _is_helper(self, file: str, names: dict[str, Any]) -> bool:
        if names.get("__name__", "").startswith(("alembic.", "alembic_zdt.")):
            return False
        return names.get("op") is op or Path(file).is_relative_to(self.folder)

    def _of_frame(self, frame: FrameType) -> Trace:
        """Return a trace function for one run of a function."""
        code, line = frame.f_code, self._line_of_call(frame)
        is_resumed = bool(code.co_flags & _RESUMED)
        lines = self._resumed.setdefault((code, line), set()) if is_resumed else set()
        has_failed = False

        def note(_frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal has_failed
            if event == "line":
                lines.add(_frame.f_lineno)
                has_failed = False
            elif event == "exception":
                has_failed = True
            elif event == "return" and not is_resumed:
                self._keep(FunctionRun(code, frozenset(lines), line, has_failed))
            return note

        return note

    def _keep(self, run: FunctionRun) -> None:
        self.runs[run] = None

    def _line_of_call(self, frame: FrameType) -> int:
        """Return the line of the outermost caller in the revision's file."""
        line, caller = 0, frame.f_back
        while caller is not None:
            if caller.f_code.co_filename == self.path:
                line = caller.f_lineno
            caller = caller.f_back
        return line
