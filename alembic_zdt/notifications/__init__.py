"""Messages about a run for a chat tool, posted to the setting ``notify_url``."""
