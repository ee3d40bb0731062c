"""The steps of a cascade as a graph: DOT, Mermaid, or one HTML page with an inline SVG.

Nodes are relations with the rows that go, edges are references with theirs: coloured by action, blocked ones
red, logical ones dashed. The HTML page has no script and loads nothing; every name in it is text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydb import cascade
from pydb.cascade import tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.cascade import Step

COLOURS: Final = {
    "delete": "#9a6700",
    "nullify": "#0969da",
    "default": "#8250df",
    "blocked": "#cf222e",
    "check": "#6e7781",
}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_HEADS: Final = ("step", "table", "rows", "action", "reference", "on delete", "kind", "warning")
_STYLE: Final = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em; color: #1f2328; background: #fff }
svg text, td, pre { font: 12px/1.4 ui-monospace, monospace }
table { border-collapse: collapse } th, td { text-align: left; padding: .2em 1em .2em 0; vertical-align: top }
td.n { text-align: right } tr { border-bottom: 1px solid #d1d9e0 } p.end { font-weight: bold }
div.picture { overflow-x: auto } p.legend { color: #59636e }
"""
_LINE, _CHAR, _PAD, _GAP = 18, 7.4, 10, 24
_LEAST: Final = 0.6


@dataclass(frozen=True)
class Edge:
    """A reference that is drawn: numbers of its two nodes, label, colour, and whether it is logical."""

    parent: int
    child: int
    step: Step

    @property
    def label(self) -> str:
        """Name, rows and action."""
        return f"{tree.short(self.step)}: {tree.rows(_rows(self.step))} {self.step.action}"

    @property
    def colour(self) -> str:
        """Colour of the action."""
        return COLOURS.get(self.step.action, "#1f2328")


@dataclass(frozen=True)
class Graph:
    """``nodes``: name and what happens to its rows; the first is the root."""

    nodes: list[tuple[str, str]]
    edges: list[Edge]
    stopped: frozenset[int]


def graph(steps: Sequence[Step], *, everything: bool = False) -> Graph:
    """Nodes and edges of a plan; edges with nothing behind them only with ``everything``."""
    shown = [s for s in steps if tree.visible(s, everything=everything)]
    root = next(step for step in steps if step.via is None)
    names = {root.relation: 0}
    for step in sorted(shown, key=lambda step: (step.depth, step.step)):
        for name in (step.parent, step.relation):
            if name is not None:
                names.setdefault(name, len(names))
    totals = {total.relation: total for total in cascade.totals(steps)}
    done = any(step.done is not None for step in steps)
    nodes = []
    for name in names:
        total = totals.get(name)
        nodes.append((name, "unchanged" if total is None else tree.told(total, done=done)))
    edges = [
        Edge(names[step.parent or root.relation], names[step.relation], step)
        for step in shown
        if step.via is not None
    ]
    return Graph(nodes, edges, frozenset(names[step.relation] for step in cascade.blocked(steps)))


def dot(picture: Graph) -> str:
    """The graph for Graphviz."""
    lines = ["digraph cascade {", '    node [shape=box, fontname="monospace"];', "    edge [fontsize=10];"]
    for number, (name, told) in enumerate(picture.nodes):
        mark = f', color="{COLOURS["blocked"]}"' if number in picture.stopped else ""
        lines.append(f"    n{number} [label={_dot_text(name)[:-1]}\\n{_dot_text(told)[1:]}{mark}];")
    for edge in picture.edges:
        style = ", style=dashed" if edge.step.kind == "logical" else ""
        colour = f'color="{edge.colour}", fontcolor="{edge.colour}"'
        lines.append(f"    n{edge.parent} -> n{edge.child} [label={_dot_text(edge.label)}, {colour}{style}];")
    return "\n".join([*lines, "}"])


def mermaid(picture: Graph) -> str:
    """The graph for Mermaid."""
    lines = ["flowchart LR"]
    for number, (name, told) in enumerate(picture.nodes):
        lines.append(f'    n{number}["{_mermaid_text(name)}<br/>{_mermaid_text(told)}"]')
    for edge in picture.edges:
        arrow = "-.->" if edge.step.kind == "logical" else "-->"
        lines.append(f'    n{edge.parent} {arrow}|"{_mermaid_text(edge.label)}"| n{edge.child}')
    for number, edge in enumerate(picture.edges):
        lines.append(f"    linkStyle {number} stroke:{edge.colour},color:{edge.colour}")
    lines += [f"    style n{number} stroke:{COLOURS['blocked']}" for number in sorted(picture.stopped)]
    return "\n".join(lines)


def page(picture: Graph, steps: Sequence[Step], title: str, about: str = "") -> str:
    """One self-contained HTML page: the picture, the steps with their warnings, the cures, the verdict.

    ``about``: a line below the title, for example of which database and when.
    """
    rows = [
        f"<tr><td class=n>{step.step}</td><td>{_html(step.relation)}</td>"
        f"<td class=n>{'?' if _rows(step) is None else f'{_rows(step):,}'}</td>"
        f'<td style="color: {COLOURS.get(step.action, "#1f2328")}">{_html(step.action)}</td>'
        f"<td>{_html(step.via or '')}</td><td>{_html(step.on_delete or '')}</td>"
        f"<td>{_html(step.kind)}</td><td>{_html(step.warning or '')}</td></tr>"
        for step in steps
        if tree.visible(step)
    ]
    cures = "\n".join(_html(cure) for cure in tree.cures(steps))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{_html(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            f"<h1>{_html(title)}</h1>",
            *([f"<p>{_html(about)}</p>"] if about else []),
            f'<p class="end">{_html(tree.sentence(steps))}</p>',
            f'<div class="picture">{_svg(picture)}</div>',
            _legend(picture),
            f"<table>\n<tr>{''.join(f'<th>{head}</th>' for head in _HEADS)}</tr>",
            *rows,
            "</table>",
            *([f"<p>To fix what the warnings say:</p>\n<pre>{cures}</pre>"] if cures else []),
            "</body>\n</html>",
        ]
    )


_ACTIONS: Final = {
    "delete": "rows go",
    "nullify": "the reference is set to null",
    "default": "the reference is set to its default",
    "blocked": "stops the delete",
    "check": "checked, nothing is behind it",
}


def _legend(picture: Graph) -> str:
    """What the colours and lines of the picture mean, those that are in it."""
    used = {edge.step.action for edge in picture.edges}
    parts = [
        f'<span style="color: {COLOURS[action]}">&#9473; {action}</span>: {told}'
        for action, told in _ACTIONS.items()
        if action in used
    ]
    if any(edge.step.kind == "logical" for edge in picture.edges):
        parts.append("&#9476; dashed: a logical reference, no constraint")
    return f'<p class="legend">{"; ".join(parts)}</p>' if parts else ""


@dataclass(frozen=True)
class _Box:
    """Where a node is drawn; its edges come in from ``entry``, and nothing else is from there to ``x``."""

    column: int
    entry: float
    x: float
    y: float
    width: float
    height: float


def _svg(picture: Graph) -> str:
    """A layered drawing: a column for each distance from the root, a port of its own for each edge.

    Edges that skip a column or lead back go through a lane of their own below all nodes.
    """
    entering: list[list[Edge]] = [[] for _ in picture.nodes]
    for edge in picture.edges:
        entering[edge.child].append(edge)
    boxes = _boxes(picture, entering)
    floor = max(box.y + box.height for box in boxes.values()) + _GAP
    body, lane = [], floor
    for ports in entering:
        for port, edge in enumerate(ports):
            if boxes[edge.child].column != boxes[edge.parent].column + 1:
                lane += _LINE
            body.append(_svg_edge(edge, boxes, port, lane))
    for number, (name, told) in enumerate(picture.nodes):
        box = boxes[number]
        stroke = COLOURS["blocked"] if number in picture.stopped else "#59636e"
        body.append(
            f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="4" '
            f'fill="#f6f8fa" stroke="{stroke}"/>'
            f'<text x="{box.x + _PAD:.0f}" y="{box.y + _LINE:.0f}" font-weight="bold">{_html(name)}</text>'
            f'<text x="{box.x + _PAD:.0f}" y="{box.y + 2 * _LINE:.0f}">{_html(told)}</text>'
        )
    width = max(box.x + box.width for box in boxes.values()) + 3 * _GAP
    # as wide as the window, but never so small that it cannot be read: then the picture alone scrolls
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {lane + _GAP:.0f}" role="img" '
        f'style="width: 100%; max-width: {width:.0f}px; min-width: {width * _LEAST:.0f}px">'
    )
    return "\n".join([head, *body, "</svg>"])


def _boxes(picture: Graph, entering: list[list[Edge]]) -> dict[int, _Box]:
    boxes: dict[int, _Box] = {}
    x = float(_PAD)
    for place, column in enumerate(_columns(picture)):
        labels = [_length(edge.label) for number in column for edge in entering[number]]
        entry = x + 2 * _GAP
        x = entry + max(labels) + _GAP if labels else x
        width = max(_length(text) for number in column for text in picture.nodes[number]) + 2 * _PAD
        y = float(_GAP)
        for number in column:
            height = float(max(2, len(entering[number])) * _LINE + _PAD)
            boxes[number] = _Box(place, entry, x, y, width, height)
            y += height + _GAP
        x += width
    return boxes


def _svg_edge(edge: Edge, boxes: dict[int, _Box], port: int, lane: float) -> str:
    parent, child = boxes[edge.parent], boxes[edge.child]
    x1, y1 = parent.x + parent.width, parent.y + parent.height / 2
    x2, y2, entry = child.x, child.y + _LINE * (port + 1), child.entry
    path = f"M{x1:.0f},{y1:.0f} C{(x1 + entry) / 2:.0f},{y1:.0f} {(x1 + entry) / 2:.0f},{y2:.0f}"
    if child.column != parent.column + 1:
        out, back = x1 + _GAP / 2, entry - _GAP / 2
        path = (
            f"M{x1:.0f},{y1:.0f} C{out:.0f},{y1:.0f} {out:.0f},{lane:.0f} {x1 + _GAP:.0f},{lane:.0f} "
            f"H{entry - _GAP:.0f} C{back:.0f},{lane:.0f} {back:.0f},{y2:.0f}"
        )
    dashes = ' stroke-dasharray="5 4"' if edge.step.kind == "logical" else ""
    thick = "2.5" if edge.step.action == "blocked" else "1.3"
    return (
        f'<path d="{path} {entry:.0f},{y2:.0f} H{x2:.0f}" fill="none" stroke="{edge.colour}" '
        f'stroke-width="{thick}"{dashes}/>'
        f'<text x="{x2 - _PAD:.0f}" y="{y2 - 4:.0f}" text-anchor="end" fill="{edge.colour}">'
        f"{_html(edge.label)}</text>"
        f'<path d="M{x2 - 7:.0f},{y2 - 4:.0f} L{x2:.0f},{y2:.0f} L{x2 - 7:.0f},{y2 + 4:.0f} z" '
        f'fill="{edge.colour}"/>'
    )


def _length(text: str) -> float:
    return tree.cells(tree.printable(text)) * _CHAR


def _columns(picture: Graph) -> list[list[int]]:
    """Numbers of the nodes by their longest way from the root, along edges that close no cycle."""
    below: list[list[int]] = [[] for _ in picture.nodes]
    for edge in picture.edges:
        below[edge.parent].append(edge.child)
    layer = [0] * len(picture.nodes)
    order, forward = _walk(below)
    for node in order:
        for child in forward[node]:
            layer[child] = max(layer[child], layer[node] + 1)
    columns: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for node, number in enumerate(layer):
        columns[number].append(node)
    return columns


def _walk(below: list[list[int]]) -> tuple[list[int], list[list[int]]]:
    """Nodes with every parent before its children, and the edges for which that is so, by depth first."""
    forward: list[list[int]] = [[] for _ in below]
    seen, active = set[int](), set[int]()
    finished: list[int] = []
    for root in range(len(below)):
        stack = [(root, iter(below[root]))] if root not in seen else []
        seen.add(root)
        active.update(node for node, _ in stack)
        while stack:
            node, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                active.discard(node)
                finished.append(node)
            elif child not in active:
                forward[node].append(child)
                if child not in seen:
                    seen.add(child)
                    active.add(child)
                    stack.append((child, iter(below[child])))
    return finished[::-1], forward


def _rows(step: Step) -> int | None:
    return step.rows if step.done is None else step.done


def _html(text: str) -> str:
    return html.escape(tree.printable(text))


def _dot_text(text: str) -> str:
    return '"' + tree.printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid_text(text: str) -> str:
    return re.sub(r"[^\w .,:()-]", lambda found: f"#{ord(found[0])};", tree.printable(text))
