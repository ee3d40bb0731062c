"""The figures as text: a line each on the screen, a table in docs/benchmarks.md."""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.arena import Arena
    from tests.bench.figures import Figure

TARGET = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench args=--write`. Both sides run in turn on fresh file copies of one database,
{rounds} rounds; ours and reference are medians in the unit given, the figure is their ratio.
Seconds depend on the machine, ratios travel better.

Server: {version}. Processors: {cores}. Table: {rows:,} rows of about 130 bytes with three indexes, in memory
(`shared_buffers` 4 GB), `fsync` on, autovacuum off. `retention_run` is timed in a session that has run it
before; the first call of a session adds the time to compile its routines, about 30 ms.

Claims are measured on a server of their own, whose data lies on a disk and whose commits are flushed, in
autocommit.

| what | ours | reference | figure | limit | |
|---|---|---|---|---|---|
"""


def line(figure: Figure) -> str:
    """One figure on one line."""
    return " | ".join(_cells(figure))


def write(arena: Arena, rows: int, rounds: int, figures: list[Figure]) -> None:
    """Write docs/benchmarks.md."""
    with arena.connect("postgres") as connection:
        row = connection.execute("select split_part(version(), ' on ', 1)").fetchone()
    version = row[0] if row else "?"
    text = HEAD.format(rounds=rounds, version=version, cores=os.cpu_count(), rows=rows)
    text += "".join(f"| {line(figure)} |\n" for figure in figures)
    TARGET.write_text(text, encoding="utf-8")


def _cells(figure: Figure) -> list[str]:
    ours = f"{statistics.median(figure.ours):.3g} {figure.unit}"
    theirs = f"{statistics.median(figure.theirs):.3g} {figure.unit}" if figure.theirs else "-"
    bound = "at least" if figure.at_least else "at most"
    value = f"{figure.value:.2f}" if figure.theirs else ours
    return [
        figure.name,
        ours,
        theirs,
        value,
        f"{bound} {figure.limit:g}",
        "kept" if figure.met else "**missed**",
    ]
