"""Training rows in flat memory: as much for a million as for ten thousand."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final, TypedDict, cast

from pydb import db, stream
from pydb.demo.screen import count, rows, seconds
from pydb.demo.services.stage import script

if TYPE_CHECKING:
    from pydb.demo.services.stage import Stage

VARIABLE: Final = "PCA_TRAIN_BATCH_SIZE"
BATCH: Final = 5_000
"""Rows of a batch, where the environment does not say it."""
FEW: Final = 10_000


class Trained(TypedDict):
    """What a training tells."""

    rows: int
    batches: int
    largest: int
    sums: list[float]
    peak_kb: int


def prove(conn: db.Connection, stage: Stage) -> None:
    """Train on few rows and on all of them, each in a process of its own."""
    (wanted,) = db.run_query(conn, script(__file__, "sums.sql"))
    total = int(str(wanted["rows"]))
    size = stream.batch_size(None if os.environ.get(VARIABLE) else BATCH, VARIABLE)
    few = min(max(FEW, size), total // 2)
    stage.screen.step(f"Train on {rows(total)}, in batches of {VARIABLE}={size}")
    small, _ = _train(stage, few, size)
    large, took = _train(stage, total, size)
    for one in (small, large):
        stage.screen.say(f"{rows(one['rows']):>16}: at most {one['peak_kb'] / 1024:.1f} MB")
    stage.screen.say(f"{total / took:,.0f} rows a second, {seconds(took)}")
    stage.equal("trained", "rows that the model has seen", large["rows"], total)
    same = all(
        math.isclose(seen, float(str(wanted[name])), rel_tol=1e-9)
        for seen, name in zip(large["sums"], ("cpu", "memory", "latency"), strict=True)
    )
    stage.equal("sums", "its sums are those of plain SQL", same, wanted=True)
    stage.equal("batch", "rows of its largest batch", large["largest"], min(size, total))
    stage.equal("batches", "batches", large["batches"], math.ceil(total / size))
    growth = 100 * (large["peak_kb"] / small["peak_kb"] - 1)
    stage.at_most(
        "memory", f"memory for {count(total)} rows, above that for {count(few)}", round(growth, 1), 10.0, "%"
    )
    stage.result["training"] = {"few": small, "all": large, "seconds": round(took, 2)}


def _train(stage: Stage, limit: int, size: int) -> tuple[Trained, float]:
    environment = {**os.environ, "PYDB_DSN": stage.dsn, VARIABLE: str(size)}
    command = [sys.executable, "-P", "-m", "pydb.demo.services.telemetry_lab.train", str(limit)]
    started = time.monotonic()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return cast("Trained", json.loads(done.stdout)), time.monotonic() - started
