"""Looks at the built pages in a browser.

Opens pages at the width of a desktop and of a phone, in both colour schemes, checks
that nothing is wider than the window, that text has the contrast of WCAG 2.1 (AA) and
that the console has no error, searches for what a reader would search for, and writes
pictures into a folder.

https://www.w3.org/TR/WCAG21/#contrast-minimum
"""

from __future__ import annotations

import argparse
import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SITE = Path(__file__).resolve().parents[1] / "build" / "docs"
WIDTHS = {"desktop": 1280, "phone": 390}
SCHEMES = ("light", "dark")
PAGES = (
    "index.html",
    "deciding.html",
    "using.html",
    "reference.html",
    "explanation.html",
    "contributing.html",
    "howto/kubernetes.html",
    "howto/flask.html",
    "directives/create_index_concurrently.html",
    "checks/create-index.html",
    "errors.html",
    "runbook.html",
    "renames.html",
    "how-locks-are-taken.html",
    "settings.html",
    "house.html",
    "performance.html",
)
SEARCHES = {
    "rename column": "renames.html",
    "lock timeout": "how-locks-are-taken.html#the-lock-timeout",
    "invalid index": "runbook.html#invalid-index",
    "Flask": "howto/flask.html",
}
"""What a reader searches for, and the page or section that has the answer."""
AMONG_FIRST = 3
LEAST_CONTRAST = 4.5
# Text of each element against the first background below it that is not transparent.
CONTRAST = """
() => {
  const TEXTS = 'article *, .sidebar-tree a, main *';
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => {
      const s = v / 255;
      return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const background = element => {
    for (let e = element; e; e = e.parentElement) {
      const found = numbers(getComputedStyle(e).backgroundColor);
      if (found.length < 4 || found[3] > 0.9) return found;
    }
    return [255, 255, 255];
  };
  const low = new Map();
  for (const element of document.querySelectorAll(TEXTS)) {
    const text = [...element.childNodes].filter(n => n.nodeType === 3)
      .map(n => n.textContent.trim()).join('');
    const style = getComputedStyle(element);
    if (!text || !element.offsetParent || style.opacity < 1) continue;
    const pair = [luminance(numbers(style.color)), luminance(background(element))];
    pair.sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    const key = `${style.color} on ${background(element)}`;
    if (!low.has(key) || low.get(key).ratio > ratio) low.set(key, {ratio, text});
  }
  return [...low].map(([colors, found]) => ({colors, ...found}));
}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at the pages; return 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.look", description=__doc__)
    parser.add_argument("--pictures", type=Path, default=SITE.parent / "look")
    parser.add_argument("pages", nargs="*", default=PAGES)
    options = parser.parse_args(arguments)
    options.pictures.mkdir(parents=True, exist_ok=True)
    with _served() as address, browser() as opened:
        wrong = [
            *_looked_at(opened, address, options.pages, options.pictures),
            *_searched(opened, address),
        ]
    for line in wrong:
        print(line)
    print(f"{len(wrong)} problems; pictures are in {options.pictures}")
    return int(bool(wrong))


@contextmanager
def _served() -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # for this alone

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"]
        )
        yield started
        started.close()


def _looked_at(
    browser: Any, address: str, pages: Sequence[str], pictures: Path
) -> Iterator[str]:
    """Open each page in each way, and yield what is wrong."""
    for device, width in WIDTHS.items():
        for scheme in SCHEMES:
            view = {"width": width, "height": 900}
            window = browser.new_page(viewport=view, color_scheme=scheme)
            errors = errors_of(window)
            for page in pages:
                answer = window.goto(f"{address}/{page}")
                where = f"{page}, {device}, {scheme}"
                if answer.status != http.HTTPStatus.OK:
                    yield f"{where}: {answer.status}"
                    continue
                name = f"{Path(page).stem}-{device}-{scheme}.png"
                window.screenshot(path=str(pictures / name))
                yield from faults(window, where)
                yield from (f"{where}: {error}" for error in errors)
                errors.clear()
            window.close()


def errors_of(window: Any) -> list[str]:
    """Return a list to which each error of the window's pages is added."""
    errors: list[str] = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    window.on(
        "console",
        lambda line: errors.append(line.text) if line.type == "error" else None,
    )
    return errors


def faults(window: Any, where: str) -> Iterator[str]:
    """Yield what is too wide, and colours without the contrast."""
    if window.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        yield f"{where}: wider than the window"
    for found in window.evaluate(CONTRAST):
        if found["ratio"] < LEAST_CONTRAST:
            ratio, text = f"{found['ratio']:.1f}", found["text"][:40]
            yield f"{where}: contrast {ratio} of {found['colors']}: {text!r}"


def _searched(browser: Any, address: str) -> Iterator[str]:
    window = browser.new_page()
    for words, expected in SEARCHES.items():
        window.goto(f"{address}/search.html?q={words.replace(' ', '+')}")
        window.wait_for_selector("#search-results .search-summary")
        window.wait_for_timeout(500)
        links = window.locator("#search-results li a").all()
        first = [link.get_attribute("href").split("?")[0] for link in links[:9]]
        print(f"search {words!r}: {', '.join(first)}")
        if not any(each.endswith(expected) for each in first[:AMONG_FIRST]):
            yield f"the search for {words!r} does not begin with {expected}"


if __name__ == "__main__":
    sys.exit(main())
