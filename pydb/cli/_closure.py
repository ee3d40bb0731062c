"""What a cascade is about, and how its plan or outcome is shown: tree, totals, verdict, pictures."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydb import shell
from pydb.cli import _output
from pydb.errors import CascadeBlocked, Held, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.cascade import Key, Root, Step


@dataclass(frozen=True)
class Target:
    """What a command is about: where it starts, which rows, and the choices."""

    root: Root
    keys: list[Key]
    edges: dict[str, str] | None

    @property
    def what(self) -> tuple[int | None, list[Key], dict[str, str] | None]:
        """The arguments of the functions of :mod:`pydb.cascade`."""
        return None if self.root.entity else self.root.oid, self.keys, self.edges

    def document(self, steps: Sequence[Step], **more: object) -> dict[str, object]:
        """What ``--json`` says of a plan or a delete."""
        from pydb import cascade

        totals = cascade.totals(steps)
        return {
            "entity": self.root.entity,
            "root": self.root.relation,
            "keys": len(self.keys),
            "root_rows": sum(step.rows or 0 for step in steps if step.via is None),
            "blocked": bool(cascade.blocked(steps)),
            "rows": {
                "delete": sum(total.delete for total in totals),
                "update": sum(total.update for total in totals),
            },
            **more,
            "relations": [asdict(total) for total in totals],
            "steps": [asdict(step) for step in steps],
        }


def show(target: Target, steps: Sequence[Step], *, everything: bool = False, talk: bool = False) -> None:
    """The tree, what to fix, totals and the verdict."""
    from rich.text import Text

    from pydb import cascade
    from pydb.cascade import tree

    stream = sys.stderr if talk else sys.stdout
    ascii_only = not stream.isatty() or (stream.encoding or "").lower().replace("-", "") != "utf8"
    root, relation = target.root, tree.printable(target.root.relation)
    if root.entity:
        _output.styled([Text(f"entity {root.entity}: rows of {relation}")], talk=talk)
    lines = tree.lines(tree.grow(steps, everything=everything), ascii_only=ascii_only)
    _output.styled((Text.assemble(*line) for line in lines), talk=talk)
    cures = tree.cures(steps)
    if cures:
        _output.styled([Text("\nto fix what the warnings say:"), *map(Text, cures)], talk=talk)
    totals = cascade.totals(steps)
    if totals:
        _output.styled([Text()], talk=talk)
        done = any(step.done is not None for step in steps)
        if cascade.blocked(steps):
            _output.styled([Text("if it were not blocked:")], talk=talk)
        names = {total.relation: tree.printable(total.relation) for total in totals}
        width = max(map(tree.cells, names.values()))
        for total in totals:
            told = tree.told(total, done=done)
            name = names[total.relation]
            _output.styled([Text(f"{name}{' ' * (width - tree.cells(name))}  {told}")], talk=talk)
    found = sum(step.rows or 0 for step in steps if step.via is None)
    hidden = any(step.rows is None for step in steps if step.via is None)
    if found < len(target.keys) and not hidden:
        missing = f"{_count(target)} given, {tree.rows(found)} found"
        _output.styled([Text(missing if found else f"\nno row of {relation} has such a key")], talk=talk)
    style = "bold red" if cascade.blocked(steps) else "bold"
    _output.styled([Text("\n" + tree.sentence(steps), style=style)], talk=talk)


def draw(
    form: str, target: Target, steps: Sequence[Step], out: str | None, *, everything: bool, database: str
) -> None:
    """Print the graph, or write it to the file ``out``."""
    from pydb.cascade import graph, tree

    picture = graph.graph(steps, everything=everything)
    if form == "html":
        name = target.root.entity or target.root.relation
        about = f"database {database}, {_output.timestamp(datetime.now(UTC))}, pydb cascade plan"
        text = graph.page(picture, steps, f"Cascade from {name} {_named(target)}", about)
    else:
        text = graph.dot(picture) if form == "dot" else graph.mermaid(picture)
    if out is None:
        _output.out(text)
        return
    try:
        Path(out).write_text(text + "\n", "utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {out}: {getattr(error, 'strerror', None) or error}") from None
    _output.say(f"{out}: {tree.sentence(steps)}")


def blocked(steps: Sequence[Step]) -> CascadeBlocked:
    """The three lines of a plan that is blocked."""
    from pydb import cascade

    first, *more = cascade.blocked(steps)
    hint = first.cure
    if first.via is not None and not cascade.CURABLE.intersection(first.codes):
        hint = (
            f"{shell.option('--edge', first.via + '=delete')} takes them along, --others delete all like them"
        )
    held = "held" in first.codes
    return (Held if held else CascadeBlocked)(
        f"the cascade is blocked by {first.via or first.relation}"
        + (f" and {len(more)} more" if more else ""),
        detail=f"{first.relation}: {first.warning}. Nothing was changed.",
        hint=hint,
        sqlstate="YD703" if held else "YD302",
    )


def _named(target: Target) -> str:
    """The keys themselves, of many the first few."""
    shown = [
        ", ".join(f"{column}={value}" for column, value in key.items()) if isinstance(key, dict) else str(key)
        for key in target.keys[:3]
    ]
    more = len(target.keys) - len(shown)
    return "; ".join(shown) + (f" and {more:,} more keys" if more > 0 else "")


def _count(target: Target) -> str:
    number = len(target.keys)
    return f"{number:,} key{'' if number == 1 else 's'}"
