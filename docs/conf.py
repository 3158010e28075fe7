"""Sphinx's configuration. Everything the pages need lies here or is made at build time."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parent
PROJECT = DOCS.parent
sys.path.insert(0, str(DOCS))

from weekwise import __version__  # noqa: E402

project = "Weekwise"
author = "The Weekwise developers"
project_copyright = "the Weekwise developers; Apache-2.0"
release = version = __version__

extensions = ["myst_parser", "sphinx_design", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True
# Generated pages are included by the pages of the reference.
exclude_patterns = ["_build", "reference/generated", "adr/template.md"]

html_theme = "furo"
html_title = f"Weekwise {release}"
html_static_path = ["_static"]
html_css_files = ["weekwise.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True


def _write_reference(_app: Sphinx) -> None:
    """Write the pages that follow from contracts, parameters, catalog and commands."""
    import _reference

    _reference.write(PROJECT, DOCS / "reference" / "generated")


def setup(app: Sphinx) -> None:
    """Hook the generated pages into the build."""
    app.connect("builder-inited", _write_reference)
