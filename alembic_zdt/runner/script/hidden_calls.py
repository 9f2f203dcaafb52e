r"""Let a second run of a script skip calls whose effect a later directive has changed.

Usually the catalog shows that a step is done.  If a later directive of the revision has
changed the same object again, the catalog does not show it.  Then the log of revisions
does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alembic_zdt.qualified import qualified
from alembic_zdt.runner.script.text import quoted, raise_if

_LEFT = "zdt_is_left"


@dataclass(frozen=True)
class CallPlace:
    """The place of a directive among the directives of its revision.

    Attributes:
        noting: statements that note in the log that the directive begins.
        is_noted: SQL that is true if the log can show that the directive is done.
        is_done: the query that asks the log whether it is done.
        later: the later call that may have changed the same object.
    """

    noting: Sequence[str] = ()
    is_noted: str = ""
    is_done: str = ""
    later: str = ""

    def around(
        self, texts: Iterator[str], purpose: str, *, psql: bool
    ) -> Iterator[str]:
        """Yield the script of a directive that is skipped if it was done before.

        Args:
            texts: the parts of the script.
            purpose: the purpose of the directive, as a phrase for messages.
            psql: whether psql runs the script, which can skip the parts.
        """
        if not self.is_done:
            yield from self._noted(texts)
            return
        yield qualified(_ASKING)
        asked = quoted(qualified(self.is_done))
        noted = quoted(qualified(self.is_noted))
        was_done = f"pg_temp.zdt_was_done({noted}, {asked})"
        if not psql:
            yield raise_if(was_done, *_stopped(purpose, self.later))
            yield from self._noted(texts)
            return
        yield f"SELECT NOT {was_done} AS {_LEFT} \\gset\n\\if :{_LEFT}"
        yield from self._noted(texts)
        yield "\\endif"

    def _noted(self, texts: Iterator[str]) -> Iterator[str]:
        yield from (f"{each};" for each in self.noting)
        yield from texts


def _stopped(purpose: str, later: str) -> tuple[str, str, str]:
    return (
        f"cannot {purpose} a second time",
        (
            f"An earlier run of this script has begun {later}, which changes the same "
            "object."
        ),
        "Run this revision online, or with a script for psql (-x zdt.sql_flavor=psql).",
    )


_ASKING = """\
-- Has an earlier run of this script begun a later directive that hides this one?
CREATE OR REPLACE FUNCTION pg_temp.zdt_was_done(noted pg_catalog.text,
  asked pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $zdt$
DECLARE
  found boolean := false;
BEGIN
  EXECUTE 'SELECT ' || noted INTO found;
  IF found THEN
    EXECUTE asked INTO found;
  END IF;
  RETURN found;
END
$zdt$;"""
