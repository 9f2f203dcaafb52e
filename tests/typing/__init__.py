"""The public face under mypy --strict and pyright; checked, not run."""
