"""Pages of the documentation: their fenced blocks, and what running them must print.

The word behind the language of a block says what a reader does with it:

    ```sh run              typed into a shell; it must end with exit code 0, or that of `exit=1`
    ```sql run             typed into psql; it must succeed, or fail with the code of `error=YD101`
    ```toml file=NAME      saved as NAME in the reader's folder
    ```text output         what the run before it prints

Blocks without such a word are for reading. Blocks inside an HTML comment are run like the others: they make
what a reader has already. In an output `…` stands for anything. Times, durations and sizes are not compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("README.md")])

_BLOCK = re.compile(r"^```(\w+)(?: +([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIES = [
    (re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d)?(?: UTC)?)?"), "<time>"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s|min)\b(?: \d\d s)?"), "<duration>"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:B|kB|MB|GB)(?!\w)"), "<size>"),
    (re.compile(r"[-─]{2,}"), "--"),
    (re.compile(r"[ \t]+"), " "),
]


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the words behind it, its text and the line it begins on."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    def option(self, name: str) -> str | None:
        """Return the value of a word ``name=value``, or None."""
        return next((word.partition("=")[2] for word in self.words if word.startswith(f"{name}=")), None)


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    text = page.read_text("utf-8")
    return [
        Block(found[1], tuple((found[2] or "").split()), found[3], text.count("\n", 0, found.start()) + 1)
        for found in _BLOCK.finditer(text)
    ]


def matches(shown: str, printed: str) -> bool:
    """Tell whether ``printed`` is what the page shows."""
    pattern = ".*?".join(re.escape(part) for part in _plain(shown).split("…"))
    return re.fullmatch(pattern, _plain(printed), re.DOTALL) is not None


def _plain(text: str) -> str:
    """Lines without what differs from run to run, without blanks around them, without empty ones."""
    for pattern, word in _VARIES:
        text = pattern.sub(word, text)
    return "\n".join(filter(None, (line.strip() for line in text.splitlines())))
