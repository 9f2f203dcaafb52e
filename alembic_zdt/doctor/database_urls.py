"""Checks of every URL of the database, in the environment and in files.

One of them is often the application's, whose driver the migrations do not use.
https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec

from alembic.config import Config
from sqlalchemy import URL

from alembic_zdt.doctor.drivers import about_cache_sizes
from alembic_zdt.env.url_sources import VARIABLES, SaidUrl, everything_said
from alembic_zdt.env.urls import with_driver
from alembic_zdt.errors import UrlError
from alembic_zdt.findings import Finding

_BY_DEFAULT = 100


def said(config: Config) -> Iterator[Finding]:
    """Report the faults of each URL in the environment and in the files."""
    seen: dict[str, str] = {}
    for each in everything_said(config, None, VARIABLES):
        try:
            url, wanted, driver = with_driver(each)
        except UrlError as error:
            if _is_of_psycopg2(each):
                continue
            yield Finding.warning(f"{error.primary}: {error.detail}", error.hint)
            continue
        yield from _about(each, url, wanted, driver)
        if re.fullmatch(r"[\w .-]+", url.database or ""):  # else a part of a password
            seen.setdefault(str(url.database), each.source)
    if len(seen) > 1:
        places = "; ".join(f'{source}: "{name}"' for name, source in seen.items())
        yield Finding.note(
            f"several databases are named: {places}",
            "alembic_zdt.env.run() takes the first URL listed here; a stock env.py "
            "takes the URL of alembic.ini.",
        )


def _is_of_psycopg2(each: SaidUrl) -> bool:
    """Check whether a stock env.py uses the URL with psycopg2, SQLAlchemy's default."""
    scheme = str(each.url).partition("://")[0].strip()
    is_its = scheme in {"postgresql", "postgresql+psycopg2"}
    return is_its and find_spec("psycopg2") is not None


def _about(each: SaidUrl, url: URL, wanted: str, driver: str) -> Iterator[Finding]:
    if url.drivername.startswith("postgres+") or url.drivername == "postgres":
        yield Finding.note(
            f"{each.source} begins with postgres, which SQLAlchemy does not read",
            "Write postgresql://; alembic_zdt.env.run() reads either.",
        )
    if wanted not in {"", driver}:
        yield Finding.note(
            f"{each.source} names the driver {wanted}, which is not installed, or not "
            "one that migrations run with",
            f"alembic_zdt.env.run() takes {driver} instead; a stock env.py needs "
            f"postgresql+{driver}://.",
        )
    for found in _about_caches(url, wanted):
        yield replace(found, message=f"{each.source}: {found.message}")


def _about_caches(url: URL, wanted: str) -> Iterator[Finding]:
    if wanted != "asyncpg":
        return
    sizes = [
        str(url.query.get(name, _BY_DEFAULT))
        for name in ("statement_cache_size", "prepared_statement_cache_size")
    ]
    asyncpgs, sqlalchemys = (int(size) if size.isdigit() else 1 for size in sizes)
    yield from about_cache_sizes(asyncpgs, sqlalchemys)
