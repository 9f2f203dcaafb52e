"""The URLs that the test kit passes to env.py."""

from __future__ import annotations

import pytest

from alembic_zdt.errors import UrlError
from alembic_zdt.scratch.database_sessions import for_driver, of_an_installed_driver


@pytest.mark.parametrize(
    ("url", "driver", "converted"),
    [
        ("postgresql+psycopg://host/a?sslmode=require", "asyncpg", "ssl=require"),
        ("postgresql+asyncpg://host/a?ssl=require", "psycopg", "sslmode=require"),
    ],
)
def test_parameters_have_the_names_of_the_driver(url, driver, converted):
    found = for_driver(url, f"postgresql+{driver}")

    assert found == f"postgresql+{driver}://host/a?{converted}"


def test_parameter_that_only_connect_takes_is_refused():
    url = "postgresql://host/a?application_name=tests"

    assert of_an_installed_driver(url.replace(":", "+psycopg:", 1), "--url").endswith(
        "=tests"
    )
    with pytest.raises(UrlError, match="asyncpg does not take from a URL") as caught:
        for_driver(url, "postgresql+asyncpg")
    assert "server_settings" in str(caught.value)
