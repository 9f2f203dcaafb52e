"""The check of the setting ``notify_url``, whose value no message may show."""

from __future__ import annotations

import re

from alembic_zdt.errors import SettingError

_WEBHOOK = re.compile(r"https?://[^\s/]|\Z")


def refuse_no_webhook(url: str) -> None:
    """Refuse a value of ``notify_url`` to which nothing can be posted.

    Args:
        url: the value, empty to post nothing.

    Raises:
        SettingError: it is no URL of http or https.
    """
    if not _WEBHOOK.match(url):
        raise SettingError(
            'setting "notify_url" must be a URL of http or https',
            detail="The value is not shown, because it may hold a secret.",
            hint="Copy the URL of an incoming webhook from your chat tool.",
            setting="notify_url",
        )
