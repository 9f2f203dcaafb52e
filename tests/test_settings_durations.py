"""Durations take units, and are rounded up where 0 would mean for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alembic_zdt.errors import SettingError
from alembic_zdt.settings import Settings, duration, milliseconds, seconds
from tests.support.messages import error_page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200ms", timedelta(milliseconds=200)),
        ("2s", timedelta(seconds=2)),
        (" 1.5 s ", timedelta(seconds=1.5)),
        ("5min", timedelta(minutes=5)),
        ("1h", timedelta(hours=1)),
        ("1d", timedelta(days=1)),
    ],
)
def test_duration_is_read_with_its_unit(text, expected):
    """As people write it."""
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "200", "2 weeks", "-1s", "1e3s", "1s2", "ms"])
def test_duration_without_a_known_unit_is_refused(text):
    """A bare number could be anything."""
    with pytest.raises(ValueError, match="a duration with its unit"):
        duration(text)


@pytest.mark.parametrize(
    ("given", "expected"), [("0.4ms", 1), ("1ms", 1), ("1.2ms", 2), ("2s", 2000)]
)
def test_milliseconds_are_rounded_up(given, expected):
    """0.4 ms must not become 0, which is no timeout at all."""
    assert milliseconds(duration(given)) == expected


def test_seconds_are_shown_without_needless_digits():
    """In messages."""
    assert seconds(timedelta(milliseconds=200)) == "0.2 s"
    assert seconds(timedelta(minutes=5)) == "300 s"


def test_values_of_the_right_type_are_taken_as_they_are():
    """From context.configure() and pyproject.toml."""
    bound = timedelta(milliseconds=50)
    raw = {"lock_timeout": bound, "show_queries": False, "target_version": 16}

    settings = Settings.from_sources(("here", raw))

    assert (settings.lock_timeout, settings.show_queries) == (bound, False)
    assert settings.target_version == 16


def test_bound_of_zero_is_refused():
    """Zero means no timeout in PostgreSQL."""
    with pytest.raises(SettingError) as caught:
        Settings.from_sources(("here", {"lock_timeout": "0s"}))

    assert str(caught.value) == (
        'setting "lock_timeout" must be more than zero\n'
        "detail: Zero means no timeout: the application waits with the migration.\n"
        'hint: Use a duration such as "200ms".\n'
        f"docs: {error_page('setting')}"
    )


def test_duration_that_python_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="a duration with its unit"):
        duration("9999999999d")


@pytest.mark.parametrize("name", ["ignore_applications", "start_after"])
def test_list_in_place_of_text_is_refused(name):
    """Its text, with brackets and quotes, would match nothing."""
    with pytest.raises(SettingError) as caught:
        Settings.from_sources(("pyproject.toml", {name: ["psql", "metabase*"]}))

    assert "It must be text, with commas between several values." in str(caught.value)
    assert f'hint: Write for example "{name} = ' in str(caught.value)
    assert "1GB" not in str(caught.value)
