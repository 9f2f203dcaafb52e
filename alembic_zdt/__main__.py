"""``python -m alembic_zdt`` is ``alembic-zdt``."""

from __future__ import annotations

from alembic_zdt.cli import main

if __name__ == "__main__":
    main()
