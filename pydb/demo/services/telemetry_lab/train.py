"""``python -m pydb.demo.services.telemetry_lab.train ROWS``: train on so many rows, in a process of its own.

A batch of rows is folded into sums and products, as an incremental principal component analysis does, and is
forgotten. ``PCA_TRAIN_BATCH_SIZE`` says how many rows that are, ``PYDB_DSN`` where they come from. Prints a
JSON document: rows, batches, the largest batch, the sums, and the most memory that the process had (kB).
"""

from __future__ import annotations

import json
import re
import resource
import sys
from operator import mul
from pathlib import Path
from typing import Final, cast

from pydb import stream
from pydb.demo.services.stage import script
from pydb.demo.services.telemetry_lab.training import VARIABLE

FEATURES: Final = 3


def train(limit: int) -> dict[str, object]:
    """Fold the first ``limit`` rows, in the order of their ids."""
    sums = [0.0] * FEATURES
    products = [[0.0] * FEATURES for _ in range(FEATURES)]
    rows = batches = largest = 0
    query = script(__file__, "training.sql")
    reading = stream.batches(
        None, query, (limit,), key="id", size_variable=VARIABLE, name="training", binary=True
    )
    for batch in reading:
        _, *columns = zip(*cast("list[tuple[float, ...]]", batch.rows), strict=True)
        for i, one in enumerate(columns):
            sums[i] += sum(one)
            for j in range(i, FEATURES):
                products[i][j] += sum(map(mul, one, columns[j]))
        rows, batches, largest = batch.total, batch.number, max(largest, len(batch))
    return {"rows": rows, "batches": batches, "largest": largest, "sums": sums, "peak_kb": peak_kb()}


def peak_kb() -> int:
    """The most memory that this process had since it began to run this program (kB)."""
    status = Path("/proc/self/status")  # getrusage would count what the parent had when it forked, too
    if status.exists() and (found := re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)):
        return int(found[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    json.dump(train(int(sys.argv[1])), sys.stdout)
