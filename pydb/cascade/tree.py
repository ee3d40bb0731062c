"""The steps of a cascade as a tree of text, and as a sentence.

Each edge is a node below the place where its parent relation first loses rows. A relation that several edges
reach appears once for each, and only its first place has nodes below it: cycles end there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydb import cascade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydb.cascade import Step, Total

Segment = tuple[str, str]
"""A piece of a line, and its style as rich knows it."""

STYLES: Final = {
    "delete": "yellow",
    "purge": "yellow",
    "nullify": "cyan",
    "default": "cyan",
    "blocked": "bold red",
    "check": "dim",
}
_UNICODE: Final = ("├── ", "└── ", "│   ", "    ")
_ASCII: Final = ("|-- ", "`-- ", "|   ", "    ")


@dataclass
class Node:
    """One step and the edges below it."""

    step: Step
    children: list[Node] = field(default_factory=list)


def visible(step: Step, *, everything: bool = False) -> bool:
    """Whether anything is behind an edge, or to be said about it."""
    return everything or step.via is None or step.rows != 0 or step.matched != 0 or step.warning is not None


def grow(steps: Sequence[Step], *, everything: bool = False) -> Node:
    """The tree of a plan; without ``everything`` edges that have nothing behind them are left out."""
    root = Node(next(step for step in steps if step.via is None))
    waiting: dict[str, list[Step]] = {}
    for step in steps:
        if step.via is not None and visible(step, everything=everything):
            waiting.setdefault(step.parent or root.step.relation, []).append(step)
    placed = {root.step.relation: root}
    queue = deque([root])
    while waiting:
        if queue:
            node = queue.popleft()
            below = waiting.pop(node.step.relation, [])
        else:  # a parent that loses no rows through an edge
            parent = next((name for name in waiting if name in placed), next(iter(waiting)))
            node, below = placed.get(parent, root), waiting.pop(parent)
        for step in below:
            child = Node(step)
            node.children.append(child)
            placed.setdefault(step.relation, child)
            if step.action == "delete" and step.rows:
                queue.append(child)
    return root


def lines(root: Node, *, ascii_only: bool) -> list[list[Segment]]:
    """The lines of a tree; below each step its warnings."""
    drawn = list(_draw(root, _ASCII if ascii_only else _UNICODE))
    width = max(cells(head) for head, _, step in drawn if step is not None)
    digits = max(len(_count(step)) for _, _, step in drawn if step is not None)
    result: list[list[Segment]] = []
    for head, warning, step in drawn:
        if step is None:
            result.append([(head, "dim"), (f"! {warning}", "magenta")])
            continue
        rows = f"{_count(step):>{digits}} row{' ' if _number(step) == 1 else 's'}"
        style = STYLES.get(step.action, "")
        note = _note(step)
        action = f"{step.action:<7}" if note else step.action
        line = [(head + " " * (width - cells(head)), ""), (f"  {rows}  ", ""), (action, style)]
        result.append([*line, (f"  {note}", "dim")] if note else line)
    return result


def cures(steps: Iterable[Step]) -> list[str]:
    """Statements that cure what the warnings say, each once."""
    found = dict.fromkeys(step.cure for step in steps if step.cure)
    return [cure.rstrip("; ") + ";" for cure in found]


def sentence(steps: Sequence[Step]) -> str:
    """What the delete would do, or did."""
    stopped = cascade.blocked(steps)
    if stopped:
        names = [printable(step.via or step.relation) for step in stopped]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"blocked by {', '.join(names[:3])}{more}: nothing would be deleted"
    done = any(step.done is not None for step in steps)
    totals = cascade.totals(steps)
    parts = [
        f"{verb} {rows(sum(counts))} in {len(counts)} table{'' if len(counts) == 1 else 's'}"
        for verb, counts in (
            ("deleted" if done else "delete", [total.delete for total in totals if total.delete]),
            ("set", [total.update for total in totals if total.update]),
        )
        if counts
    ]
    if not parts:
        return "nothing was deleted" if done else "nothing would be deleted"
    return ("" if done else "would ") + ", ".join(parts)


def told(total: Total, *, done: bool) -> str:
    """What becomes, or became, of the rows of one relation."""
    verbs = ("deleted", "set") if done else ("to delete", "to set")
    counts = zip((total.delete, total.update), verbs, strict=True)
    return ", ".join(f"{rows(number)} {verb}" for number, verb in counts if number)


def short(step: Step) -> str:
    """Name of a step's reference without the table that it is shown beside."""
    return (step.via or "").removeprefix(step.relation + ".")


def rows(number: int | None) -> str:
    """``1 row``, ``12,345 rows``."""
    return f"{'?' if number is None else f'{number:,}'} row{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """``text`` on one line, with control characters made visible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _draw(root: Node, glyphs: Sequence[str]) -> Iterator[tuple[str, str, Step | None]]:
    """Head, warning and step of each line, from top to bottom; the step is None on a line of warning."""
    tee, corner, bar, blank = glyphs
    stack = [(root, "", "")]
    while stack:
        node, head, indent = stack.pop()
        yield head + printable(node.step.relation), "", node.step
        for warning in (node.step.warning or "").split("; "):
            if warning:
                yield indent + (bar if node.children else blank), printable(warning), None
        last = len(node.children) - 1
        for place in range(last, -1, -1):
            end = place == last
            stack.append(
                (node.children[place], indent + (corner if end else tee), indent + (blank if end else bar))
            )


def _number(step: Step) -> int | None:
    return step.rows if step.done is None else step.done


def _count(step: Step) -> str:
    number = _number(step)
    return "?" if number is None else f"{number:,}"


def _note(step: Step) -> str:
    if step.via is None:
        return ""
    if step.action == "purge":
        return f"{printable(short(step))} ({step.kind})"
    kind = f"{step.on_delete}, logical" if step.kind == "logical" else step.on_delete
    note = f"{printable(short(step))} ({kind})"
    others = (step.matched or 0) - (step.rows or 0)
    if step.action != "blocked" and others > 0:
        note += f"; {rows(others)} counted at another reference"
    return note


def cells(text: str) -> int:
    """Columns that ``text`` takes on a terminal."""
    from rich.cells import cell_len

    return cell_len(text)
