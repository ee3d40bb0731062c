"""A quiet hour of real requests, and the volume of a day."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from statistics import fmean
from typing import TYPE_CHECKING, Final

from pydb import db
from pydb.demo.screen import count, seconds
from pydb.demo.services.stage import script

if TYPE_CHECKING:
    from pydb.demo.services.coaching_platform.application import Call, Platform
    from pydb.demo.services.stage import Stage

READS: Final = 160
JOBS: Final = 60
MORE_JOBS: Final = 600
_ROOM: Final = 10_000
# method, path, user, how often
_CHANGES: Final = (
    ("PATCH", "/athletes/{}", "ann", 12),
    ("POST", "/athletes/{}/sessions", "bob", 20),
    ("DELETE", "/sessions/{}", "bob", 8),
    ("PUT", "/admin/roles", "root", 3),
)


def prove_quiet(conn: db.Connection, stage: Stage, platform: Platform) -> None:
    """Reads, changes and jobs; each change has its row in the audit, each job its states."""
    stage.screen.step("An hour in which all is well")
    asyncio.run(_requests(platform))
    done = sum(platform.report(athlete) for athlete in range(100, 100 + JOBS))
    platform.writer.flush(30)
    stage.equal("jobs_done", "jobs that completed", done, JOBS)
    states = {
        str(row["state"]): int(str(row["times"]))
        for row in db.run_query(conn, script(__file__, "states.sql"))
    }
    wanted = {"queued": JOBS, "running": JOBS, "completed": JOBS}
    stage.equal("job_states", "each job was queued, ran and completed", states == wanted, wanted=True)
    _prove_audit(conn, stage)
    normal = [row["baseline"] for row in _baselines(conn) if row["state"] == "normal"]
    stage.at_least("quiet", "baselines that are kept: 5xx, p95, failed jobs, partitions", len(normal), 4)


async def _requests(platform: Platform) -> None:
    reads: list[Call] = [("GET", f"/athletes/{1 + number % 200}") for number in range(READS)]
    await platform.call(reads)
    for method, path, user, times in _CHANGES:
        await platform.call([(method, path.format(number)) for number in range(1, 1 + times)], user)


def _prove_audit(conn: db.Connection, stage: Stage) -> None:
    rows = db.run_query(conn, script(__file__, "audited.sql"))
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found[str(row["actor"]), str(row["action"]).partition(" ")[0]] += int(str(row["times"]))
    wanted = {(user, method): times for method, _, user, times in _CHANGES}
    for (actor, method), times in sorted(found.items()):
        stage.screen.say(f"{actor:<5} {method:<7} {times}")
    stage.equal(
        "audit", "each change is audited once, with who made it; no read is", found == wanted, wanted=True
    )
    good = sum(int(str(row["times"])) for row in rows if int(str(row["status"])) < 300)
    stage.equal(
        "audit_status", "audited changes with the status of their success", good, sum(wanted.values())
    )
    (views,) = db.run_query(conn, script(__file__, "views.sql"))
    stage.equal(
        "privileged", "changes that needed more rights, in their view", int(str(views["privileged"])), 3
    )


def prove_day(conn: db.Connection, stage: Stage, platform: Platform) -> None:
    """As many requests as are asked for, by the writer; the views say of them what is true."""
    stage.screen.step(f"A day passes: {count(stage.rows)} requests, {MORE_JOBS} jobs")
    before = platform.writer.counts()
    started = time.monotonic()
    durations = [0.01 + (number * 7919 % 1009) / 1009 * 0.3 for number in range(stage.rows)]
    errors = 0
    for number, duration in enumerate(durations):
        failed = number % 500 == 250
        errors += failed
        platform.writer.request(
            method="GET",
            path=f"/feed?page={number % 9}",
            route="/feed",
            status=503 if failed else 200,
            duration=duration,
        )
        if number % _ROOM == 0:  # a server has pauses; this loop has none
            platform.writer.flush(30)
    for number in range(MORE_JOBS):
        platform.writer.job("digest", number, "completed", duration=0.1)
    platform.writer.flush(30)
    took = time.monotonic() - started
    after = platform.writer.counts()
    stage.screen.say(f"{count(round(stage.rows / took))} a second, {seconds(took)}")
    stage.equal("written", "rows that were written", after.written - before.written, stage.rows + MORE_JOBS)
    stage.equal("dropped", "rows that were dropped", sum(after.dropped.values()), 0)
    (views,) = db.run_query(conn, script(__file__, "views.sql"))
    stage.equal("view_errors", "errors in the view recent_error", int(str(views["errors"])), errors)
    stage.equal(
        "view_requests", "requests in the view slowest_route", int(float(str(views["requests"]))), stage.rows
    )
    durations.sort()
    true = durations[int(0.95 * len(durations))], durations[-1], fmean(durations)
    said = tuple(float(str(views[name])) for name in ("p95", "maximum", "average"))
    off = max(abs(one / other - 1) for one, other in zip(said, true, strict=True))
    stage.at_most("view_slow", "p95, maximum and average in slowest_route are off by", 100 * off, 1.0, "%")


def _baselines(conn: db.Connection) -> list[db.Row]:
    return db.run_query(conn, script(__file__, "baselines.sql"))
