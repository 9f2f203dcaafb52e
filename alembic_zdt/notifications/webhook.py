"""Post texts to a URL in a thread of their own, so that no migration waits for them.

https://docs.python.org/3/library/urllib.request.html
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from alembic_zdt.events.event_kinds import Event
from alembic_zdt.events.subscribers import subscribe
from alembic_zdt.notifications.chat_texts import ChatTexts

log = logging.getLogger("alembic_zdt")

_TRIES = 3
_TIMEOUT = 3.0
_PAUSE = 0.5
_LONGEST_FLUSH = 10.0
_MOST_WAITING = 100
_WORTH_RETRYING = frozenset({408, 425, 429})


class Webhook:
    """The posts about one run.

    Args:
        url: the URL that takes them.
        run: the name of the run in its events.
    """

    def __init__(self, url: str, run: str) -> None:
        self._url, self._run = url, run
        self._texts = ChatTexts()
        self._waiting: queue.Queue[str | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._stops = threading.Event()
        self._subscription = subscribe(self._receive)

    def _receive(self, event: Event) -> None:
        text = self._texts.text_of(event) if event.run == self._run else ""
        if not text:
            return
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            log.warning("notify_url: a message is left out, too many are waiting")
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="alembic_zdt notify_url", daemon=True
            )
            self._thread.start()

    def unsubscribe(self) -> None:
        """Take no more events; what waits is still posted."""
        self._subscription.unsubscribe()

    def flush(self) -> None:
        """Wait a few seconds until all messages are posted, and end the thread."""
        self.unsubscribe()
        thread = self._thread
        if thread is None:
            return
        deadline = time.monotonic() + _LONGEST_FLUSH
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            thread.join(0.01)
        left = self._waiting.unfinished_tasks
        self._stops.set()
        with suppress(queue.Full):  # then the thread wakes up in any case
            self._waiting.put_nowait(None)
        if left:
            log.warning("notify_url: gave up, %d messages are not posted", left)
        else:
            thread.join()

    def _work(self) -> None:
        while (text := self._waiting.get()) is not None:
            if self._stops.is_set():
                return
            try:
                self._post(text)
            finally:
                self._waiting.task_done()

    def _post(self, text: str) -> None:
        for number in range(1, _TRIES + 1):
            wrong, is_final = self._try(text)
            if not wrong:
                return
            if is_final or number == _TRIES or self._stops.wait(_PAUSE * number):
                break
        # Without the path, which is a secret of most chat tools.
        host = urlsplit(self._url).hostname
        log.warning("could not post a message to notify_url on %s: %s", host, wrong)

    def _try(self, text: str) -> tuple[str, bool]:
        """Return what went wrong, and whether another try would not help."""
        request = Request(  # noqa: S310  # the setting takes http and https alone
            self._url,
            data=json.dumps({"text": text}).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urlopen(request, timeout=_TIMEOUT):  # noqa: S310  # as above
                return "", True
        except HTTPError as error:
            error.close()
            is_final = error.code < 500 and error.code not in _WORTH_RETRYING
            return f"HTTP status {error.code}", is_final
        except (OSError, HTTPException, ValueError) as error:
            return type(error).__name__, False
