"""Tables and prose as text: what fits a terminal, without a number, a name or a time ever cut in two.

A table too wide for its terminal first comes closer together, then breaks the columns of prose between words,
then leaves out the columns that its command can do without, and at last stands as one block a row.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

_GAP = 3
_NARROW_GAP = 2


# what goes on below a glyph of a tree
_GUIDES: Final = str.maketrans("|`-│├└─", "|| │││ ")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table before it has a width: cells are text and may have several lines.

    ``right``: columns set flush right. ``prose``: columns that may break between words. ``less``: columns
    that can be left out where there is no room, the least important first.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Collection[str] = ()
    prose: Collection[str] = ()
    less: Sequence[str] = ()

    def without(self, dropped: Collection[str]) -> Grid:
        """The same table, some columns less."""
        places = [place for place, name in enumerate(self.columns) if name not in dropped]
        return Grid(
            [self.columns[place] for place in places],
            [[row[place] for place in places] for row in self.rows],
            self.right,
            self.prose,
        )


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def fit(grid: Grid, limit: int | None, rule: str = "─") -> tuple[list[str], list[str]]:
    """The lines of a table and the names of the columns that it had to leave out; ``limit`` None = any width.

    The first line is the heading, unless the table became blocks.
    """
    if limit is None:
        return _lines(grid, _natural(grid), _GAP, rule), []
    for count in range(len(grid.less) + 1):
        kept = grid.without(grid.less[:count])
        widths = _natural(kept)
        for gap in (_GAP, _NARROW_GAP):
            if _total(widths, gap) <= limit:
                return _lines(kept, widths, gap, rule), list(grid.less[:count])
        narrowed = _narrowed(kept, widths, limit)
        if narrowed is not None:
            return _lines(kept, narrowed, _NARROW_GAP, rule), list(grid.less[:count])
    return _blocks(grid, limit, rule), []


def wrap(text: str, limit: int | None, indent: str = "") -> list[str]:
    """Lines of at most ``limit`` columns, broken between words; all but the first begin with ``indent``."""
    lines: list[str] = []
    for line in text.split("\n"):
        start = 0
        for end, begin in breaks(line, limit, len(indent)):
            lines.append((indent if start else "") + line[start:end])
            start = begin
        lines.append((indent if start else "") + line[start:])
    return lines


def breaks(line: str, limit: int | None, indent: int = 0) -> list[tuple[int, int]]:
    """Where to break a line: the end of one part and the beginning of the next. A word is never broken."""
    if limit is None or cells(line) <= limit:
        return []
    found: list[tuple[int, int]] = []
    used, at, last = 0, 0, None
    at = len(line) - len(line.lstrip(" "))  # what a line begins with stays with its first word
    used = at
    while at < len(line):
        stop = line.find(" ", at)
        stop = len(line) if stop < 0 else stop
        word = cells(line[at:stop])
        if last is not None and used + word > limit:
            found.append((last, at))
            used = indent
        used += word
        last, begin = stop, stop
        while begin < len(line) and line[begin] == " ":
            begin += 1
        used += begin - stop
        at = begin
    return found


def folded(line: str, below: str, limit: int | None) -> Iterator[tuple[str, int, int]]:
    """The parts of a line of a tree: what stands before each, where it begins and ends.

    The lines of the tree go through a part that was broken off: those that the line ``below`` goes on with.
    """
    width = len(_head(line)) + 4
    guide = _head(below).translate(_GUIDES)[:width].ljust(width)
    start = 0
    for end, begin in [*breaks(line, limit, width), (len(line), 0)]:
        yield guide if start else "", start, end
        start = begin


def _head(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" |`-│├└─"))]


def _natural(grid: Grid) -> list[int]:
    widths = [cells(name) for name in grid.columns]
    for row in grid.rows:
        for place, cell in enumerate(row):
            widths[place] = max(widths[place], *(cells(line) for line in cell.split("\n")))
    return widths


def _total(widths: Sequence[int], gap: int) -> int:
    return 1 + sum(widths) + gap * (len(widths) - 1)


def _narrowed(grid: Grid, widths: Sequence[int], limit: int) -> list[int] | None:
    """Widths with which the table fits because prose is broken; None if even that does not help."""
    loose = [place for place, name in enumerate(grid.columns) if name in grid.prose]
    if not loose:
        return None
    least = {
        place: max(
            cells(word)
            for text in (grid.columns[place], *(row[place] for row in grid.rows))
            for word in (text.split() or [""])
        )
        for place in loose
    }
    narrowed = list(widths)
    surplus = _total(widths, _NARROW_GAP) - limit
    for place in sorted(loose, key=lambda one: -widths[one]):
        readable = max(least[place], min(widths[place], 24))
        taken = min(surplus, widths[place] - readable)
        narrowed[place] -= taken
        surplus -= taken
    return narrowed if surplus <= 0 else None


def _lines(grid: Grid, widths: Sequence[int], gap: int, rule: str) -> list[str]:
    lines = [*_row(grid, grid.columns, widths, gap), " " + rule * (_total(widths, gap) - 1)]
    for row in grid.rows:
        lines += _row(grid, row, widths, gap)
    return lines


def _row(grid: Grid, row: Sequence[str], widths: Sequence[int], gap: int) -> Iterable[str]:
    parts = [
        wrap(cell, width) if name in grid.prose else cell.split("\n")
        for name, cell, width in zip(grid.columns, row, widths, strict=True)
    ]
    for number in range(max(map(len, parts), default=0)):
        line = ""
        for name, part, width in zip(grid.columns, parts, widths, strict=True):
            text = part[number] if number < len(part) else ""
            blank = " " * (width - cells(text))
            line += (blank + text if name in grid.right else text + blank) + " " * gap
        yield (" " + line).rstrip()


def _blocks(grid: Grid, limit: int, rule: str) -> list[str]:
    label = max(map(cells, grid.columns))
    lines: list[str] = []
    for row in grid.rows:
        lines.append(" " + rule * min(limit - 1, label + _NARROW_GAP + 20))
        for name, cell in zip(grid.columns, row, strict=True):
            if not cell:
                continue
            room = limit - label - _NARROW_GAP - 1 if name in grid.prose else None
            first, *rest = wrap(cell, room)
            lines.append(f" {name}{' ' * (label - cells(name) + _NARROW_GAP)}{first}")
            lines += [" " * (label + _NARROW_GAP + 1) + line for line in rest]
    return lines or [" " + (" " * _NARROW_GAP).join(grid.columns)]
