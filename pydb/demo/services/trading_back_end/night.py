"""The three prunes of a night: dry run and log over HTTP, fired by pg_cron or by pydb's own scheduler."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydb import db, policyfile, schedule, settings
from pydb.demo.screen import count
from pydb.demo.services.stage import script
from pydb.errors import SchedulerUnusable
from pydb.scheduler import Scheduler

if TYPE_CHECKING:
    import httpx

    from pydb.demo.services.stage import Stage

TIMES: Final = {"trade_events": "15 3 * * *", "job_runs": "20 3 * * *", "match_runs": "25 3 * * *"}
_POLICIES: Final = Path(__file__).resolve().parent / "policies.toml"
_PATIENCE: Final = 20.0


def set_up(conn: db.Connection) -> None:
    """The policies, out of their file."""
    policyfile.apply(conn, policyfile.parse(_POLICIES.read_bytes(), str(_POLICIES)))


def counts(conn: db.Connection) -> dict[str, db.Row]:
    """Rows and due rows in plain SQL, by policy."""
    return {str(row["policy"]): row for row in db.run_query(conn, script(__file__, "counts.sql"))}


def prove(conn: db.Connection, stage: Stage, desk: httpx.Client) -> None:
    """Dry runs over HTTP, then the night, then its log over HTTP."""
    stage.screen.step("Three prunes: a dry run of each over HTTP")
    before = counts(conn)
    planned = {name: _dry_run(desk, name) for name in TIMES}
    due = {name: int(str(row["due"])) for name, row in before.items()}
    for name, number in planned.items():
        stage.screen.say(f"{name:<13} {count(number):>9} of {count(int(str(before[name]['rows'])))} would go")
    stage.equal("dry_run", "the dry runs count what plain SQL counts", planned == due, wanted=True)
    stage.equal("dry_run_harmless", "the dry runs delete nothing", counts(conn) == before, wanted=True)
    stage.screen.step("The night: 3:15, 3:20, 3:25")
    _fire(conn, stage)
    after = counts(conn)
    gone = {name: int(str(row["rows"])) - int(str(after[name]["rows"])) for name, row in before.items()}
    stage.equal("night_gone", "what went is what the dry runs said", gone == planned, wanted=True)
    stage.equal(
        "night_left",
        "due rows that are left after the night",
        sum(int(str(row["due"])) for row in after.values()),
        0,
    )
    log = desk.get("/admin/api/runs", params={"kind": "retention"}).json()["runs"]
    told = {str(run["subject"]): run for run in log if not run["dry_run"] and run["subject"] in TIMES}
    right = sum(
        (run["state"], run["stop_reason"], run["rows_done"]) == ("completed", "exhausted", planned[name])
        for name, run in told.items()
    )
    stage.equal("log", "prunes in the log over HTTP, with their rows and why they stopped", right, len(TIMES))
    stage.result["prunes"] = planned


def _dry_run(desk: httpx.Client, name: str) -> int:
    """Rows that a dry run counts, once its receipt says that it ended."""
    asked = desk.post(f"/admin/api/policies/{name}/run", json={"dry_run": True}).raise_for_status().json()
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        receipt = desk.get(f"/admin/api/receipts/{asked['request']}").raise_for_status().json()
        if receipt["state"] == "done" or any(run["finished_at"] for run in receipt["runs"]):
            (run,) = receipt["runs"]
            return int(run["rows_planned"])
        time.sleep(0.1)
    return -1


def _fire(conn: db.Connection, stage: Stage) -> None:
    try:
        actions = schedule.sync(conn)
    except SchedulerUnusable:
        _fire_here(conn, stage)
        return
    mine = {str(one.subject): one for one in actions if one.subject in TIMES}
    wanted = sorted((one.schedule, one.command) for one in mine.values())
    found = [(row["schedule"], row["command"]) for row in db.run_query(conn, script(__file__, "cron.sql"))]
    stage.screen.say("pg_cron fires here. It will call at night, and its commands are called now:")
    for expression, command in wanted:
        stage.screen.say(f"{expression}  {command}")
    right = {name: one.schedule for name, one in mine.items()} == TIMES
    stage.equal(
        "night_jobs",
        "pg_cron has the three jobs at 3:15, 3:20, 3:25",
        right and wanted == _of(wanted, found),
        wanted=True,
    )
    drift = sum(job.drift is not None for job in schedule.status(conn) if job.subject in TIMES)
    stage.equal("night_drift", "jobs that differ from their policies", drift, 0)
    for one in sorted(mine.values(), key=lambda action: action.schedule):
        db.run_call(conn, one.command)


def _of(wanted: list[tuple[str, str]], found: list[tuple[object, object]]) -> list[tuple[object, object]]:
    """The jobs of pg_cron that are wanted; it may have others."""
    return sorted((one for one in found if one in wanted), key=str)


def _fire_here(conn: db.Connection, stage: Stage) -> None:
    stage.screen.say("This server has no pg_cron: pydb schedule run fires the same expressions. It was not")
    stage.screen.say("there last night, and makes up for what was missed within schedule_grace (25 hours).")
    settings.setting_set(conn, "schedule_grace", "25 hours")
    db.run_query(conn, script(__file__, "yesterday.sql"))
    fired = Scheduler(lambda: db.connect(stage.dsn), max_jobs=1, notify=stage.screen.say).run_once()
    mine = [one for one in fired if one.subject in TIMES]
    times = {str(one.subject): f"{one.due_at.minute} {one.due_at.hour} * * *" for one in mine}
    stage.equal(
        "night_jobs", "fired for 3:15, 3:20, 3:25, once each", times == TIMES and len(mine) == 3, wanted=True
    )
    failed = sum(one.outcome != "succeeded" for one in mine)
    stage.equal("night_drift", "prunes of the night that failed", failed, 0)
