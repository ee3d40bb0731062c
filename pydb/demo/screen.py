"""How the demonstration looks: numbered steps, tables, and progress bars where there is a terminal."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

INDENT = "   "
_PIPE_WIDTH = 120


class Screen:
    """Writes to one stream; a stream that is no terminal gets plain text and no bars."""

    def __init__(self, file: TextIO) -> None:
        self._console = Console(
            file=file,
            width=None if file.isatty() else _PIPE_WIDTH,
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        self._steps = 0

    def step(self, title: str) -> None:
        """Begin the next numbered step."""
        self._steps += 1
        self._console.print()
        self._console.print(f"{self._steps}. {title}", style="bold")

    def say(self, text: str = "", style: str = "") -> None:
        """Write one indented line."""
        lines = [text]
        if self._console.is_terminal:  # which would break in the middle of a word
            lines = textwrap.wrap(
                text,
                max(self._console.width - len(INDENT), 20),
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        for line in lines or [""]:
            self._console.print(f"{INDENT}{line}" if line else "", style=style)

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        return self._console.is_terminal

    def parts(self, segments: Iterable[tuple[str, str]]) -> None:
        """Write one indented line of pieces, each with its style."""
        self._console.print(Text.assemble(INDENT, *segments))

    def item(self, text: str) -> None:
        """Write one item of a list."""
        self.say(f"- {text}")

    def good(self, text: str) -> None:
        """Write a line of success."""
        self.say(text, "green")

    def bad(self, text: str) -> None:
        """Write a line that must not be overlooked."""
        self.say(text, "bold red")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table; the first column is text, the others are set flush right."""
        grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for number, column in enumerate(columns):
            grid.add_column(column, justify="right" if number else "left", overflow="fold")
        for row in rows:
            grid.add_row(*(Text(cell) for cell in row))
        self._console.print(grid, soft_wrap=False)

    @contextmanager
    def bar(self) -> Iterator[Callable[[str, int, int], None]]:
        """Show a bar while the block runs; call the result with the work at hand, what is done, the total."""
        if not self._console.is_terminal:
            yield lambda _title, _done, _total: None
            return
        columns = (
            TextColumn(INDENT + "{task.description:<33}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, transient=True, refresh_per_second=12) as progress:
            task = progress.add_task("", total=None)

            def update(title: str, done: int, total: int) -> None:
                progress.update(task, completed=done, total=total, description=title)

            yield update


def count(number: int) -> str:
    """A number with its thousands separated."""
    return f"{number:,}"


def rows(number: int) -> str:
    """``1 row``, ``12,345 rows``."""
    return f"{number:,} row{'' if number == 1 else 's'}"


def seconds(amount: float) -> str:
    """``0.4 s``."""
    return f"{amount:.1f} s"
