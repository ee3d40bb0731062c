"""``python -m tests.bench`` (make bench): measure, compare with the limits, and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tests.bench import (
    archives,
    batches,
    checks,
    claimers,
    claims,
    client,
    demos,
    dropping,
    exports,
    figures,
    graph,
    http,
    load,
    looks,
    monitoring,
    pages,
    recording,
    report,
    scans,
    streams,
)
from tests.bench.arena import Arena
from tests.bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

# of the child, and whether the parent has as many
PARTITIONS = ((200, False), (800, False), (1600, False), (800, True))
LEAVES = (400, 1600)
LAYOUTS = (("ordered", "time order"), ("random", "random order"))


def main() -> int:
    """Run the benches that were asked for; 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--server", choices=("pg15", "pg18"), default="pg15", help="server to measure on")
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the table")
    parser.add_argument(
        "--large", type=int, default=10_000_000, help="rows of the large table; 0 leaves it out"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the median counts")
    parser.add_argument("--only", default="", help=f"benches to run: {','.join(BENCHES)}")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    chosen = set(filter(None, options.only.split(",")))
    results: list[Figure] = []
    with Arena(options.server) as arena:
        for name, bench in BENCHES.items():
            if not chosen or name in chosen:
                for figure in bench(arena, options):
                    print(report.line(figure), flush=True)  # noqa: T201
                    results.append(figure)
        if options.write:
            report.write(arena, options.rows, options.rounds, results, keep=bool(chosen))
    return 0 if all(figure.met for figure in results) else 1


def _templates(arena: Arena, rows: int) -> None:
    for name, _ in LAYOUTS:
        if name not in _built:
            arena.template(name, rows, shuffled=name == "random")
            _built.add(name)


_built: set[str] = set()


def half(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Half of the rows: against one DELETE, in both layouts, and while an old snapshot is open."""
    _templates(arena, options.rows)
    found: list[Figure] = []
    batches: list[list[float]] = []
    for name, words in LAYOUTS:
        figure = Figure(f"delete half, {words}: retention_run / one DELETE", 1.25)
        for _ in range(options.rounds):
            batches.append([])
            figure.ours.append(figures.retention(arena, name, "50 days", batches[-1]))
            figure.theirs.append(figures.delete(arena, name, "50 days"))
        found.append(figure)
    figure = Figure("delete half, time order, an old snapshot open: retention_run / one DELETE", 1.25)
    for _ in range(options.rounds):
        figure.ours.append(figures.with_old_snapshot(arena, figures.retention, "ordered", "50 days"))
        figure.theirs.append(figures.with_old_snapshot(arena, figures.delete, "ordered", "50 days"))
    found.append(figure)
    found.append(
        Figure(
            "longest batch after the first five, as a multiple of the target of 250 ms",
            2.0,
            unit="x",
            ours=[figures.late_batches(one) for one in batches],
        )
    )
    return found


def one(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """One row in a hundred."""
    _templates(arena, options.rows)
    found = []
    for name, words in LAYOUTS:
        figure = Figure(f"delete 1 %, {words}: retention_run / one DELETE", 2.0)
        for _ in range(options.rounds):
            figure.ours.append(figures.retention(arena, name, "99 days"))
            figure.theirs.append(figures.delete(arena, name, "99 days"))
        found.append(figure)
    called = Figure("routines of pydb that a fresh session calls for that run", 92.0, unit="routines")
    called.ours = [figures.routines(arena, "ordered", "99 days")]
    found.append(called)
    return found


def looking(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """What is looked at before each batch."""
    _templates(arena, options.rows)
    return looks.figures(arena, options)


def recipe(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """The recipe with ids, LIMIT and SKIP LOCKED."""
    _templates(arena, options.rows)
    found = []
    for name, words in LAYOUTS:
        figure = Figure(
            f"delete half, {words}: id in (… limit … skip locked) / retention_run", 3.0, at_least=True
        )
        for _ in range(options.rounds):
            figure.ours.append(figures.retention(arena, name, "50 days"))
            figure.theirs.append(figures.recipe(arena, name, "50 days"))
        found.append(figure)
    return found


def plan(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """The dry run against the bare count."""
    _templates(arena, options.rows)
    found = []
    for name, words in LAYOUTS:
        figure = Figure(f"retention_plan, {words} / count(*)", 1.3)
        for ours, theirs in figures.plan(arena, name, "50 days", options.rounds):
            figure.ours.append(ours)
            figure.theirs.append(theirs)
        found.append(figure)
    figure = Figure("retention_plan, a keep for each of 10 000 tenants / count(*) with the same join", 1.5)
    for ours, theirs in figures.ruled_plan(arena, "random", options.rounds):
        figure.ours.append(ours)
        figure.theirs.append(theirs)
    return [*found, figure]


def beside(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """The application's latency while a run goes on at 5 000 rows a second."""
    _templates(arena, options.rows)
    figure = Figure("p99 of pgbench during a run limited to 5 000 rows a second / without it", 1.5, unit="ms")
    figure.ours, figure.theirs = load.p99_ratios(arena, "random", options.rows, 7)
    return [figure]


def command(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """The command line's own cost."""
    _templates(arena, options.rows)
    client.version_seconds()
    return [
        Figure("pydb --version", 0.25, ours=[client.version_seconds() for _ in range(options.rounds * 3)]),
        Figure(
            "peak resident memory of pydb retention run, a million rows deleted",
            80.0,
            unit="MB",
            ours=[client.resident_megabytes(arena, "ordered")],
        ),
    ]


def archive(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Rows into an archive and back."""
    _templates(arena, options.rows)
    return archives.figures(arena, options)


def export(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Rows into files, read back, deleted."""
    _templates(arena, options.rows)
    return exports.figures(arena, options)


def cascade(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """300 000 rows over four tables, against ON DELETE CASCADE."""
    graph.build(arena, "family", graph.FAMILY)
    whole = Figure("cascade_delete, 300,000 rows in 4 tables / ON DELETE CASCADE", 1.3)
    plans = Figure("cascade_plan of the same / the delete itself (cascade_delete)", 1.0)
    cured = Figure("cascade_delete after the printed index statement / ON DELETE CASCADE", 1.3)
    for _ in range(options.rounds):
        whole.ours.append(graph.delete(arena, ours=True))
        whole.theirs.append(graph.delete(arena, ours=False))
        plans.ours.append(graph.plan(arena))
        cured.ours.append(graph.delete(arena, ours=True, drop="d_c_idx", cure=True))
        cured.theirs.append(graph.delete(arena, ours=False, drop="d_c_idx", cure=True))
    plans.theirs = whole.ours
    wide = Figure("cascade_plan, small closure among 1,000 tables and 1,997 foreign keys", 1.0)
    wide.ours = list(graph.wide(arena))
    memory = Figure("peak resident memory of pydb cascade delete, 300,000 rows", 80.0, unit="MB")
    memory.ours = [client.cascade_megabytes(arena)]
    arena.drop("family")
    return [whole, plans, cured, wide, memory]


def partitions(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """A child of many partitions, under one row and under as many partitions, beside the plain DELETE."""
    for count, both in PARTITIONS:
        graph.build(arena, f"parts_{count}{'_both' if both else ''}", graph.parts(count, both=both))
    taken: dict[tuple[int, bool, str | None], list[float]] = {}
    for _ in range(options.rounds):
        for count, both in PARTITIONS:
            for routine in ("cascade_delete", "cascade_plan", None):
                seconds = graph.partitions(arena, count, routine, both=both)
                taken.setdefault((count, both, routine), []).append(seconds)
    found = []
    for count, both in PARTITIONS[1:]:
        words = f"{count} partitions of 10 rows below {'as many' if both else 'one row'}"
        whole = Figure(f"cascade_delete, {words}", 1.5 * count / 800)
        whole.ours = taken[count, both, "cascade_delete"]
        beside = Figure(f"cascade_delete, {words} / plain DELETE", 8.0)
        beside.ours, beside.theirs = whole.ours, taken[count, both, None]
        found += [whole, beside]
    for routine in ("cascade_delete", "cascade_plan"):
        growth = Figure(f"{routine}, 800 partitions / 200 partitions", 5.0)
        growth.ours, growth.theirs = taken[800, False, routine], taken[200, False, routine]
        found.append(growth)
    for count, both in PARTITIONS:
        arena.drop(f"parts_{count}{'_both' if both else ''}")
    return found


def orphans(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """A reference of 2 000 000 rows to 400 000, against the anti-join and VALIDATE CONSTRAINT."""
    graph.build(arena, "pair", graph.PAIR)
    bare = Figure("orphan_scan, 2,000,000 rows / the bare anti-join", 1.3)
    validate = Figure("orphan_scan, 2,000,000 rows / VALIDATE CONSTRAINT", 1.5)
    for _ in range(options.rounds):
        ours, anti_join, validation = graph.scan(arena)
        bare.ours.append(ours)
        bare.theirs.append(anti_join)
        validate.ours.append(ours)
        validate.theirs.append(validation)
    arena.drop("pair")
    return [bare, validate]


def large(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Cost per row of a table ten times as large."""
    if not options.large:
        return []
    small = options.large // 10
    figure = Figure(f"cost per row, {options.large:,} rows / {small:,} rows", 1.15, unit="us")
    # the large table fits into the buffers as the small one does
    with arena.another(shared_buffers="4GB") as roomy:
        roomy.template("small", small, shuffled=False)
        roomy.template("large", options.large, shuffled=False)
        for _ in range(options.rounds):
            figure.ours.append(figures.retention(roomy, "large", "50 days") / options.large * 1e6)
            figure.theirs.append(figures.retention(roomy, "small", "50 days") / small * 1e6)
    return [figure]


def leaves(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """A policy on a table of many small partitions, 20 of 50 rows due in each, in fresh sessions."""
    few, many = LEAVES
    taken = {count: [figures.leaves(arena, count) for _ in range(options.rounds)] for count in LEAVES}
    nothing = [figures.leaves(arena, 1000, due=False) for _ in range(options.rounds)]
    return [
        Figure(f"retention_run over {many:,} partitions, 20 of 50 rows due in each", 4.0, ours=taken[many]),
        Figure(
            f"the same, {many:,} partitions / {few:,} partitions", 5.0, ours=taken[many], theirs=taken[few]
        ),
        Figure("retention_run over 1,000 partitions, nothing due", 2.0, ours=nothing),
    ]


def held(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """10 000 keys held, of rows that expired and of others, and two keys over many partitions."""
    _templates(arena, options.rows)
    step = options.rows // 2 // 10_000
    spared = Figure("delete half, time order, 10,000 keys of expired rows held: retention_run / no hold", 1.2)
    others = Figure("delete half, time order, 10,000 keys of younger rows held: retention_run / no hold", 1.2)
    parts = Figure("retention_run over 1,000 partitions, 2 keys held / no hold", 1.2)
    for _ in range(options.rounds):
        spared.ours.append(figures.held(arena, "ordered", "50 days", 1, step))
        spared.theirs.append(figures.held(arena, "ordered", "50 days", 0, 0))
        others.ours.append(figures.held(arena, "ordered", "50 days", options.rows - 9_999, 1))
        parts.ours.append(figures.leaves(arena, 1000, held=True))
        parts.theirs.append(figures.leaves(arena, 1000))
    others.theirs = spared.theirs
    return [spared, others, parts]


BENCHES: dict[str, Callable[[Arena, argparse.Namespace], list[Figure]]] = {
    "half": half,
    "one": one,
    "looks": looking,
    "recipe": recipe,
    "plan": plan,
    "load": beside,
    "client": command,
    "archive": archive,
    "export": export,
    "cascade": cascade,
    "checks": checks.figures,
    "partitions": partitions,
    "orphans": orphans,
    "scans": scans.figures,
    "large": large,
    "leaves": leaves,
    "held": held,
    "dropping": dropping.small,
    "dropping_many": dropping.many,
    "claims": lambda _, options: claims.figures(options),
    "claimers": lambda _, options: claimers.figures(options),
    "http": http.figures,
    "events": streams.figures,
    "telemetry": recording.figures,
    "stream": batches.figures,
    "pages": lambda _, options: pages.figures(options),
    "health": monitoring.figures,
    "demos": demos.figures,
}


if __name__ == "__main__":
    sys.exit(main())
