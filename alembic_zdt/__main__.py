"""The entry point of ``alembic-zdt``, which is also ``python -m alembic_zdt``.

The command line is imported inside the block that reports an interruption.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence

from alembic_zdt.runner.signals import reported_in_one_line

_MANY = 20_000
"""The number of new objects after which Python collects garbage.

It is large, because most objects of a command live until the command ends.
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line of ``alembic-zdt``.

    Args:
        argv: the arguments, by default those of the process.
    """
    gc.set_threshold(_MANY)
    with reported_in_one_line():
        from alembic_zdt import cli  # noqa: PLC0415  # see above

        cli.main(argv)


if __name__ == "__main__":
    main()
