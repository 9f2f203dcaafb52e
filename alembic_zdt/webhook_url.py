"""The check of the setting ``notify_url``, whose value no message may show."""

from __future__ import annotations

from urllib.parse import urlsplit

from alembic_zdt.errors import SettingError


def refuse_no_webhook(url: str) -> None:
    """Refuse a value of ``notify_url`` to which nothing can be posted.

    Args:
        url: the value, empty to post nothing.

    Raises:
        SettingError: it is no URL of http or https, or has a user name.
    """
    if not url:
        return
    if not _can_be_posted_to(url):
        raise SettingError(
            'setting "notify_url" must be a URL of http or https',
            detail="The value is not shown, because it may hold a secret.",
            hint="Copy the URL of an incoming webhook from your chat tool.",
            setting="notify_url",
        )
    if "@" in urlsplit(url).netloc:
        raise SettingError(
            'setting "notify_url" must not have a user name or a password',
            detail="They would not be sent. The value is not shown.",
            hint="Use a URL whose path or query holds the secret.",
            setting="notify_url",
        )


def _can_be_posted_to(url: str) -> bool:
    """Check whether the HTTP client of Python accepts a URL."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:  # a bracket or a part of a name is missing, or it is no port
        return False
    is_plain = parts.path.isascii() and parts.query.isascii()
    is_visible = url.isprintable() and " " not in url
    return parts.scheme in {"http", "https"} and bool(host) and is_plain and is_visible
