"""Offer the test kit of alembic_zdt to pytest; it is off by default.

pytest loads this module at each start.  It is outside of the package, because importing
the package imports Alembic and SQLAlchemy.

https://docs.pytest.org/en/stable/how-to/writing_plugins.html
"""

from __future__ import annotations

import pytest

VARIABLES = ["DATABASE_URL_SYNC", "DATABASE_URL"]


class Hooks:
    """Hooks for a project's ``conftest.py``, declared also while the kit is off."""

    def pytest_zdt_template(self, url: str) -> None:
        """Prepare the template of all test databases, once for each process.

        Args:
            url: the URL of the empty database.
        """

    @pytest.hookspec(firstresult=True)
    def pytest_zdt_rows(self, revision: str) -> object:
        """Return rows to insert before a revision runs, by the name of the table.

        Args:
            revision: the id of the revision.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line and of the ini file."""
    group = parser.getgroup("zdt", "migrations (alembic-zdt)")
    group.addoption(
        "--zdt", action="store_true", help="turn on the test kit for migrations"
    )
    group.addoption(
        "--zdt-url",
        metavar="URL",
        help="turn on the test kit, and make its databases on the server at URL "
        "(default: an embedded one)",
    )
    parser.addini("zdt", "turn on the test kit for migrations", "bool", default=False)
    parser.addini(
        "zdt_config",
        "path of Alembic's configuration, from the folder of the ini file",
        "string",
        default="alembic.ini",
    )
    parser.addini(
        "zdt_large_tables",
        "tables that are large in production, for the generated test no_stall; "
        "* stands for any characters",
        "args",
        default=[],
    )
    parser.addini(
        "zdt_facts",
        "file of alembic-zdt facts export that says which tables are large",
        "string",
        default="",
    )
    parser.addini(
        "zdt_url_variables",
        "environment variables in which env.py looks for the URL",
        "args",
        default=VARIABLES,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the test kit if it is on."""
    options = (config.getoption("--zdt"), config.getoption("--zdt-url"))
    if any(options) or config.getini("zdt"):
        from alembic_zdt.testing import plugin  # noqa: PLC0415  # costs a second

        config.pluginmanager.register(plugin, "alembic_zdt.testing")
