"""pydb.stream: rows in batches, against a bare server-side cursor, and the memory that they take."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import psycopg

from pydb import stream
from tests import servers
from tests.bench.figures import Figure, timed

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

ROWS: Final = 500_000
QUERY: Final = "select id, taken_at, sensor, payload from reading"
FEW: Final = 10_000
# the peak of a process of its own, after it has read that many rows
_PEAK: Final = """
import re, sys
from pydb import stream
dsn, rows = sys.argv[1], int(sys.argv[2])
query = "select i, repeat('x', 80) from generate_series(1, %s::int) as i"
assert sum(len(batch) for batch in stream.batches(dsn, query, (rows,), size=5000)) == rows
with open("/proc/self/status") as status:
    print(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1])
"""


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Both sides read the same rows in batches of the same size, in turn."""
    arena.template("readings", ROWS, shuffled=False)
    dsn = arena.server.dsn("readings")
    cursor = Figure(f"pydb.stream, {ROWS:,} rows: a bare server-side cursor / stream", 0.9, at_least=True)
    keyset = Figure("the same, keyset: a bare server-side cursor / stream by the key", 0.9, at_least=True)
    memory = Figure(f"peak memory, {options.large:,} rows / {FEW:,} rows", 1.1, unit="MB")
    for turn in range(options.rounds * 2 + 1):
        bare = timed(lambda: _bare(dsn))
        ours = timed(lambda: _read(dsn, keyset=False))
        by_key = timed(lambda: _read(dsn, keyset=True))
        if turn:
            cursor.theirs.append(bare)
            cursor.ours.append(ours)
            keyset.ours.append(by_key)
    keyset.theirs = cursor.theirs
    if options.large:
        memory.ours.append(_peak(dsn, options.large))
        memory.theirs.append(_peak(dsn, FEW))
    arena.drop("readings")
    return [cursor, keyset, memory] if options.large else [cursor, keyset]


def _bare(dsn: str) -> None:
    rows = 0
    with psycopg.connect(dsn) as conn, conn.cursor("bare") as cursor:
        cursor.execute(QUERY)
        while found := cursor.fetchmany(10_000):
            rows += len(found)
    _expect(rows)


def _read(dsn: str, *, keyset: bool) -> None:
    key = "id" if keyset else None
    _expect(sum(len(batch) for batch in stream.batches(dsn, QUERY, size=10_000, key=key, keyset=keyset)))


def _expect(rows: int) -> None:
    if rows != ROWS:
        raise AssertionError(f"{rows} of {ROWS} rows were read")


def _peak(dsn: str, rows: int) -> float:
    found = subprocess.run(
        [sys.executable, "-c", _PEAK, dsn, str(rows)],
        cwd=servers.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(found.stdout) / 1024
