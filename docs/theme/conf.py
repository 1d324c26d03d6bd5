"""How Sphinx sets the pages that docs/make_site.py has laid out."""

from pygments.lexers.shell import BashLexer
from sphinx.application import Sphinx

from rnncast import __version__

project = "rnncast"
version = release = __version__
html_title = f"rnncast {__version__}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 6
highlight_language = "text"
# Dashes alone: a quote in a command must stay what a shell reads.
smartquotes_action = "D"
# Docstrings are Markdown in this: what stands between backticks is code.
default_role = "code"
autodoc_member_order = "bysource"
maximum_signature_line_length = 88
toc_object_entries = False

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    """Have the lines of a crontab set as those of a shell."""
    app.add_lexer("crontab", BashLexer)
