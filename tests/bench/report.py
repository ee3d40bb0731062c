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

Written by `make bench args=--write` (`args="--only half,leaves --write"` measures and writes some of
them; the others stay as they were measured before). Both sides run in turn on fresh file copies of one
database, {rounds} rounds; ours and reference are medians in the unit given, the figure is their ratio.
Seconds depend on the machine, ratios travel better.

Server: {version}. Processors: {cores}. Table: {rows:,} rows of about 130 bytes with three indexes, in
memory (`shared_buffers` 1 GB), `fsync` on, autovacuum off. Every run of `retention_run` is timed in a
fresh session, as pg_cron opens one for each job, after a checkpoint; so is the DELETE beside it. Cascades
are timed in a session that has run one before.

Claims are measured on a server of their own, whose data lies on a disk and whose commits are flushed, in
autocommit, both sides through `pgbench -M prepared`.

## Where the time goes

- **A retention run** counts before it deletes (the plan that the log and the fuse rest on, read from the
  index by parallel workers: about 10 % of the one DELETE of half a table). A fresh session compiles some
  90 routines and plans their 530 statements, of which half is parsing and planning: 20 to 25 ms of processor
  time, whatever the table, so a run of few rows is mostly that; the next run in the same session takes 7 ms
  besides its rows. Each batch takes about one millisecond besides its rows: looks, fingerprint, log, COMMIT.
  A walk by blocks also visits the half that stays, 57 ns a row, unless the rows lie in the order of their
  time: then the index tells in which block the newest of them is, and the walk ends there if all that were
  counted are gone by then. Where rows do not lie in the order of their time, walking by blocks is what makes
  a run quicker than the one DELETE by the index.
- **A claim** that is made by one INSERT and one UPDATE by hand has no function around it: two bare
  statements in two functions reach 0.8 to 0.85 of that. What a claim does on top of them, in thousand
  instructions of the server's process for a call in a transaction of its own (PostgreSQL 15, a warm session,
  counted by callgrind over 300 calls, so that other load does not matter; parts left out one by one):

  | | thousand instructions |
  |---|---|
  | `idempotency_claim` / `idempotency_complete` | 259 / 176 |
  | the bare INSERT / UPDATE in a function | 168 / 145 |
  | the same with a table, a token and times as pydb's | 174 / 158 |
  | claim: the look before, so that a replay writes nothing | 30 |
  | claim: arguments | 21 |
  | claim: token | 11 |
  | claim: setting of the life | 6 |
  | claim: second look at the clock, after a wait for a rival | 6 |
  | claim: `lock_timeout` | 4 |
  | completion: size of the result | 7 |
  | completion: attempt and owner for the answer | 7 |
  | the pinned `search_path`, on both sides | 16 |

  So 0.9 of the two statements in functions would need a claim without its look, or without its arguments
  and most of the rest: a function or an operator in an expression costs one to two thousand each time,
  because the server prepares it anew in each transaction, so it does not matter much in which expression it
  stands. Other ways to look (into single columns, into a row, by EXISTS) take more, not less. Without the
  pinned path a claim takes 6 % less, but in a session that changes its `search_path` between two claims all
  their statements are then planned anew: 0.16 ms of a processor more for each.
- **A replay** takes 149 thousand instructions (138 without a look at its arguments, 136 without the pinned
  `search_path`), the SELECT in a function 134, the SELECT 89. To judge and to answer in one statement makes
  a replay no quicker and a claim slower.
- **An export** holds no rows: its peak (VmHWM of the process) was 51 MB for 100,000 narrow rows (bigint,
  timestamptz, integer), 53 MB for 1 million and 53 MB for 10 million, each measured once; with Parquet 177
  and 192 MB for the first two. Of 2.36 s for a million rows, reading took 1.30 s, reading back and comparing
  0.19 s, entering what may go 0.13 s; the rest is the start of the command, the count of the plan and the
  deletes of the last file. By processor time beside other load: the session that reads 1.14 s (the rows'
  places and versions 0.36 s, the COPY 0.49 s, its sort by the key 0.1 s), the one that deletes 1.0 s where
  the bare DELETE takes 0.47 s, Python's main thread 0.9 s, the start included (0.24 s). libpq hands over a
  row at a time: 0.2 us each at the least, 0.3 us as it is done here. The bare side neither sorts, nor notes
  which rows it read, nor syncs, nor reads back. Since a file is read back while the next one is written, and
  Parquet is made of 5,000 rows at a time: the rows below, measured on a machine that was busy with other
  work, both sides alike, so that seconds there are four times as long as in this paragraph. By rounds the
  export took 1.4, 2.0 and 1.2 times the bare side.
- **Partitions that go** make every session of the application plan anew, once for all that go under one
  lock, and what arrives meanwhile waits. Up to 24 go together, by one `DROP TABLE`: 12 at first, two more
  each time, fewer after a lock of more than 8 ms, and fewer where they have many indexes (100 files). While
  more are to go and other sessions are at work, the run rests 0.3 s for each of these and an eighth of that
  for each partition (at most twenty seconds), and at least 500 times as long as the lock was held (at most
  ten). By turns beside 16 clients and much other load, 20 locks of each size: the longest statement beside
  the lock took 33 ms (median) with 24 partitions, 23 with 16, 21 with 12, 18 with 8; the transaction 9.1,
  6.9, 5.8 and 4.2 ms of a processor, which is 1.8 ms and 0.3 ms a partition. Where that is more than the
  server's process gets in one slice, it waits for a processor while it holds the lock. So the run's own locks
  were held for 55 ms with 24, 23 with 12 and 12 with 6 (medians of twelve, by turns, ten processes ready to
  run on two processors); with nothing beside it was 14 with 24.
  More than 24 are never detached one by one: that makes every session plan anew twice for each; so both
  ways below are the same run, and the difference between them is what two measurements of it differ by.
  What was slow of 4,000 statements in a rest of ten seconds: 25 to 40 of 16 clients that waited or planned
  anew, and some fifty beside the run, which took a processor for 140 ms to get each group ready. That is 90
  ms since what goes along with another partition has no turn and no transaction of its own. By processor
  time beside other load: a partition 3.9 ms, where it was 5.8; of the 14 ms under the lock (16 before: all
  are counted again by one statement) 12 are the `DROP` itself. In another session the first statement after
  it takes 1 ms of a processor (365 partitions), however many up to 48 go at once; 75 invalidations each are
  sent for them, and from 55 on these are more than the server keeps (4096): then sessions that did nothing
  meanwhile read the whole catalog anew, 2 ms. The rows below are of one round, in which always 24 went. The
  longest statement is that of some ten minutes: 30 and 32 ms in the round before, of an older design.
- **A short run** asks more than it did: holds, windows, budgets, the governor and guards. A fresh session
  called 133 routines for 1 % in time order where it had called 92, and took 67 ms where it had taken 50; most
  of that is compiling them, and a third of it the pages that a new process has to be given for them (17 MB).
  What cannot matter is not asked (no window for the kind, no reference to the table, no rule that is not the
  server's): 114 routines, 13 % less processor time for the first run of a policy, 21 % less time for the ones
  after it. Where nothing is due, the run ends in the turn that found that out (two commits, not three),
  counts no table for a fuse that cannot trip, and asks for no strategy; routines in SQL that the server
  planned at every call keep their plans in PL/pgSQL. By turns in fresh sessions, medians of fifteen,
  processor time of the session beside other load: the first run 78 and 75 ms, the ones after it 21 and 15
  ms. What is left of those is some 110 routines called 180 times, none of which takes more than a
  twentieth. With rows due a run commits four times: its row in the log, its plan, each batch, its end; each
  stands for itself, as a batch must not wait for the check of what is left.
- **Looks** (`make bench args="--only looks"`), where there is a slot and a window to look at. What all
  indicators look at is looked at by one statement, and they are asked only where that is above half of a
  threshold; a window is followed as far as the next look. By the server's own statistics: 0.9 ms a look and
  1.4 % of the run of the rows below. A run of 9,000 rows in a fresh session, beside other load: six looks
  took 4.3 ms each and 18 % of it, and take 1.1 ms and 7 %. Where the indicators themselves are asked, the
  first time in a session takes some 12 ms, most of it for the views over standbys, slots and sessions that
  are planned then.
- **An event** in a transaction is one statement more. Where 40 clients leave no processor idle, each
  statement more takes throughput, an INSERT by hand too, and the publisher works on the same two
  processors; where they pause between transactions, an event takes nothing, and a NOTIFY more than half.
  What waits for another backend is the flush of the log, as without events: of the samples of
  `pg_stat_activity` under full load less than one in a hundred was a lock, and a flush still serves some
  ten transactions. `event_publish` takes 9.2 us of a processor, the same INSERT in a function without a
  check 6.5 (least of 11 rounds, beside other load).
- **A hold on 10,000 keys** (`make bench args="--only held"`): processor time of the session beside that of a
  run without one, where 170 ms of 630 were on top. Each row that expired is looked up in a hash, 42 ns a row;
  each batch parses and hashes the keys anew, 2 ms; the held rows are counted before, 10,000 look-ups by the
  key (28 ms in the order of the index, 41 ms in none); what is held is asked once a run, 6 ms and 13 ms more
  in a fresh session. A bit for each key before the hash gave back a third of the 42 ns (of uuids nothing), a
  hash with more room nothing. By turns, medians of four: 1.25 times without a hold where the keys are of
  expired rows and 1.22 where they are not, before the held rows were looked up in order and the holds asked
  once; 1.19 and 1.20 with that.
- **`orphan_scan_run()` over 759 small references** (253 tables with three keys each to 250 others, 50 rows
  a table): small ones share a turn. A turn of its own for each, with its commit and its look at the edges,
  took twice as long, by turns on one server.
- The rows of archives over 1,000 partitions, of claims, cascades and orphans are of a run before those were
  there.
- **A plan and what it checks.** Revision 0001 alone and this one in two databases of one server, asked by
  turns, medians of 75 pairs in a warm session and of 25 in fresh ones (PostgreSQL 15; 60 tables with 59
  keys in a tree under one root, 100 000 rows, all keys indexed). `cascade_plan` of one key: 74 ms and 81
  ms, by pairs 1.08 in a session that has asked before, 1.03 in a fresh one. `retention_plan` of one policy
  of the root: 1.50, 336 ms. It does more than check: it counts what goes along with the rows, down to the
  last table, for the fuse and the log (`retention_cascade_plan`, 44 % of its time by
  `pg_stat_user_functions`), and without that it takes 0.77 of the time it took. Of the checks, those of
  rights, session, publications, rules and paths were 2 % of it. What all checks cost by themselves are rows
  below (`--only checks`): the same plan where each of them lets everything pass, processor time of the
  session. Measured again the same day the first four were 1.11, 1.08, 1.04 and 1.08.

## Figures

| what | ours | reference | figure | limit | |
|---|---|---|---|---|---|
"""


def line(figure: Figure) -> str:
    """One figure on one line."""
    return " | ".join(_cells(figure))


def write(arena: Arena, rows: int, rounds: int, figures: list[Figure], *, keep: bool) -> None:
    """Write docs/benchmarks.md; with ``keep`` the figures of before that were not measured now stay."""
    with arena.connect("postgres") as connection:
        row = connection.execute("select split_part(version(), ' on ', 1)").fetchone()
    version = row[0] if row else "?"
    text = HEAD.format(rounds="1 to 5" if keep else rounds, version=version, cores=os.cpu_count(), rows=rows)
    measured = {figure.name: f"| {line(figure)} |\n" for figure in figures}
    shown = _shown() if keep else {}
    lines = {name: measured.pop(name, before) for name, before in shown.items()}
    TARGET.write_text(text + "".join((*lines.values(), *measured.values())), encoding="utf-8")


def _shown() -> dict[str, str]:
    table = TARGET.read_text(encoding="utf-8").partition("|---|---|---|---|---|---|\n")[2]
    return {text.split(" | ")[0].removeprefix("| "): text for text in table.splitlines(keepends=True)}


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
