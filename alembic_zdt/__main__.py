"""The entry point of ``alembic-zdt``, which is also ``python -m alembic_zdt``.

The command line is imported where an interruption is reported already.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic_zdt.runner.signals import reported_in_one_line


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line of ``alembic-zdt``.

    Args:
        argv: the arguments, by default those of the process.
    """
    with reported_in_one_line():
        from alembic_zdt import cli  # noqa: PLC0415  # see above

        cli.main(argv)


if __name__ == "__main__":
    main()
