"""The documentation as a site: `make docs` writes it to build/docs.

Its source is the whole tree, so that a link leads to the same page here and on a code host.
"""

from pydb import __version__

project = "pydb"
author = "the authors of pydb"
release = __version__
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/*.md",
    "examples/**.md",
    "migrations/README.md",
    "ops/*/README.md",
    "ops/runbooks/*.md",
]
exclude_patterns = [".*", "build", "dist", "pydb", "sql", "tests"]
# runbooks and examples are found by the pages that list them
# `\gset` is psql, and no lexer knows Mermaid
suppress_warnings = ["toc.not_included", "misc.highlighting_failure"]
# as code hosts make them
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"pydb {release}"
# the start page, from the root
html_extra_path = ["site"]
html_copy_source = False
