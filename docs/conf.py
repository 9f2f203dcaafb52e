"""Sphinx builds the pages from Markdown: ``make docs-check``."""

# ruff: noqa: INP001  # Sphinx reads it, nobody imports it
from __future__ import annotations

import importlib.util
from importlib.metadata import version as installed
from pathlib import Path

project = "alembic-zdt"
author = "alembic-zdt contributors"
version = release = installed("alembic-zdt")
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3

html_title = f"alembic-zdt {release}"
html_theme = "furo" if importlib.util.find_spec("furo") else "alabaster"
html_static_path = ["_static"]
html_css_files = ["zdt.css"]
html_js_files = ["breaks.js"]
html_favicon = "_static/favicon.svg"
html_search_scorer = str(Path(__file__).with_name("search_scorer.js"))
html_show_copyright = False
html_show_sphinx = False

# A copied console block has the commands alone, without prompts and output.
copybutton_prompt_text = "$ "
