"""The page of a rehearsal in a real browser, without a window."""

from __future__ import annotations

import pytest

from alembic_zdt.rehearsal.report.page import page_of
from tests.rehearsal.report.outcomes import with_a_stall
from tools import look


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page_of(with_a_stall()), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def opened(chromium, address):
    """Open the page in a window of a width and a colour scheme."""
    windows = []

    def window(device="desktop", scheme="light"):
        view = {"width": look.WIDTHS[device], "height": 900}
        found = chromium.new_page(viewport=view, color_scheme=scheme)
        windows.append((found, look.errors_of(found)))
        found.goto(address)
        found.wait_for_selector("#chart-2 .main-svg")
        return found

    yield window
    for found, errors in windows:
        found.close()
        assert errors == []


@pytest.mark.parametrize("device", look.WIDTHS)
@pytest.mark.parametrize("scheme", look.SCHEMES)
def test_readable(opened, device, scheme):
    """No fault of width or contrast, and the charts follow the colour scheme."""
    window = opened(device, scheme)

    assert list(look.faults(window, f"{device}, {scheme}")) == []
    fill = window.evaluate(
        "getComputedStyle(document.querySelector('#chart-1 .xtick text')).fill"
    )
    assert fill == {"light": "rgb(28, 32, 37)", "dark": "rgb(231, 233, 236)"}[scheme]


def test_charts_have_all_lanes_and_the_bound(opened):
    window = opened()
    texts = window.locator("#chart-1 text").all_text_contents()

    assert {"step 1", 'or<b>ders"', "lock_timeout, 200 ms"} <= {
        each.removeprefix('"') for each in texts
    }
    assert window.locator("#chart-1 .scatterlayer .point").count() == 42


def test_screen_reader_hears_what_the_chart_shows(opened):
    window = opened()

    label = window.locator("#chart-1").get_attribute("aria-label")
    assert "the slowest of 42 answers took 302 ms" in label
    assert 'SHARE on public."or<b>ders" for 500 ms' in label
    assert window.get_by_role("img").count() >= 2
    assert window.get_by_role("columnheader", name="slowest answer").count() == 1
    assert window.get_by_role("heading", name="upgrade ae10 (expand)").count() == 2


def test_printed_page_is_light_and_whole(opened):
    window = opened(scheme="dark")
    window.emulate_media(media="print")

    background = window.evaluate("getComputedStyle(document.body).backgroundColor")

    assert background == "rgb(255, 255, 255)"
    window.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert window.locator("details[open]").count() == window.locator("details").count()
    assert window.pdf(format="A4").startswith(b"%PDF")
