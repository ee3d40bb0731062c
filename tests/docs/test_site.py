"""The documentation as a site: built with every warning an error, a link that leads nowhere among them."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urldefrag, urlsplit

from tests.docs.pages import PAGES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

# without the collector, which finds nothing here and takes a third of the time, and without the stems of
# words for its search, which take a seventh
BUILD: Final = """
import gc, sys
from sphinx.cmd.build import main
from sphinx.search.en import SearchEnglish
gc.disable()
SearchEnglish.stem = lambda self, word: word
sys.exit(main(sys.argv[1:]))
"""


class Page(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value or "")
            elif (tag, name) in {("a", "href"), ("img", "src"), ("link", "href"), ("script", "src")}:
                self.links.append(value or "")


def test_site_is_built_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-c", BUILD, "-q", "-c", "docs", "-b", "html", "-n", "-W", "--keep-going"]
    built = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), ".", str(site)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr

    pages = {
        path: Page(path.read_text("utf-8")) for path in site.rglob("*.html") if "_static" not in path.parts
    }
    missing = {page.relative_to(ROOT).with_suffix(".html").as_posix() for page in PAGES} - {
        path.relative_to(site).as_posix() for path in pages
    }
    assert not missing
    astray = []
    for path, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if urlsplit(link).scheme:
                continue
            file = (path.parent / unquote(urlsplit(target).path)).resolve() if target else path
            if not file.is_file() or (file in pages and unquote(anchor) not in pages[file].anchors):
                astray.append(f"{path.relative_to(site)}: {link}")
    assert not astray, "\n".join(astray)
    assert sum(len(page.links) for page in pages.values()) > 1000
