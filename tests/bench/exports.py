"""Export, verify, delete against a COPY piped to the same compressor, and the delete; and its memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests import servers
from tests.bench import client
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

POLICY: Final = (
    "select pydb.retention_policy_set('reading', 'public.reading', 'taken_at', '50 days',"
    " p_action => 'export', p_fuse_share => 1)"
)
EXPIRED: Final = "taken_at < now() - interval '50 days'"
COMPRESS: Final = """
import sys
from pydb.archive import compress
frame = compress.compressor()
with open(sys.argv[1], "wb") as file:
    while data := sys.stdin.buffer.read(1 << 18):
        file.write(frame.compress(data))
    file.write(frame.flush())
"""


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """Half of the rows go to files."""
    speed = Figure("archive export half, time order: whole command / psql COPY into zstd, then DELETE", 2.0)
    memory = Figure("peak resident memory of pydb archive export of the same", 60.0, unit="MB")
    parquet = Figure(
        "peak resident memory of pydb archive export --parquet of 300 000 rows", 200.0, unit="MB"
    )
    for _ in range(options.rounds):
        with arena.copy("ordered") as name, tempfile.TemporaryDirectory() as directory:
            with arena.connect(name) as connection:
                connection.execute(POLICY)
            start = time.perf_counter()
            memory.ours.append(client.export_megabytes(arena.server.dsn(name), directory))
            speed.ours.append(time.perf_counter() - start)
        with arena.copy("ordered") as name, tempfile.TemporaryDirectory() as directory:
            speed.theirs.append(_bare(arena, name, directory))
    with arena.copy("ordered") as name, tempfile.TemporaryDirectory() as directory:
        with arena.connect(name) as connection:
            connection.execute(POLICY)
        more = ("--parquet", "--max-rows", "300000")
        peak = client.export_megabytes(arena.server.dsn(name), directory, *more, code=1)  # partial
        parquet.ours.append(peak)
    return [speed, memory, parquet]


def _bare(arena: Arena, name: str, directory: str) -> float:
    psql = str(servers.bin_dir(arena.major) / "psql")
    statement = f"copy (select * from reading where {EXPIRED}) to stdout"
    start = time.perf_counter()
    with subprocess.Popen(
        [psql, "-X", arena.server.dsn(name), "-c", statement], stdout=subprocess.PIPE
    ) as copy:
        subprocess.run(
            [sys.executable, "-c", COMPRESS, str(Path(directory) / "file")], stdin=copy.stdout, check=True
        )
    with arena.connect(name) as connection:
        connection.execute(f"delete from reading where {EXPIRED}".encode())
    return time.perf_counter() - start
