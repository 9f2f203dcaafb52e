"""The options with which a user names a server and variables, for messages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OptionNames:
    """The words for the options of one program.

    Attributes:
        url: the option that names the server.
        variables: where the user names the environment variables.
        database: the database that env.py should connect to.
        work: the work that needs a server.
        schema: the option that names a schema to start from.
    """

    url: str
    variables: str
    database: str
    work: str
    schema: str = ""


OF_THE_KIT = OptionNames(
    url="--zdt-url",
    variables="zdt_url_variables of the ini file",
    database="the one for this test",
    work="the tests of migrations",
)
OF_COMPAT = OptionNames(
    url="--url",
    variables="--url-variable",
    database="the scratch database",
    work="the scratch databases",
)
OF_REHEARSE = OptionNames(
    url="--on",
    variables="--url-variable",
    database="the scratch database",
    work="the rehearsal",
    schema="--schema-of",
)
