"""Three things that go wrong: health says which, a runbook says why and mends it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from pydb import db
from pydb.demo.services.stage import script
from pydb.health import components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.demo.services.coaching_platform.application import Call, Platform
    from pydb.demo.services.stage import Stage

BROKEN: Final = 10
"""Requests, and jobs, that fail."""
SLOW: Final = 20
"""Requests that wait."""
HELD_SECONDS: Final = 0.9
_RUNBOOKS: Final = Path(__file__).resolve().parent / "runbooks"
_PATIENCE: Final = 20.0
_SESSIONS: Final[Sequence[Call]] = [
    ("POST", f"/athletes/{number}/sessions") for number in range(1, BROKEN + 1)
]
_PLANS: Final[Sequence[Call]] = [("GET", f"/athletes/{number}") for number in range(1, SLOW + 1)]


class Runbook:
    """A page of ``runbooks``: its first command, and what is typed to mend it."""

    def __init__(self, name: str, stage: Stage) -> None:
        text = (_RUNBOOKS / f"{name}.md").read_text("utf-8")
        blocks = re.findall(r"^## (First|Type)\n+```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        self._commands, self._stage = dict(blocks), stage

    def first(self) -> str:
        """What the first command prints."""
        return self._type("First")

    def mend(self) -> str:
        """What the command that mends prints."""
        return self._type("Type")

    def _type(self, step: str) -> str:
        command = self._commands[step].strip()
        self._stage.screen.say(f"$ {command[:96]}{'…' if len(command) > 96 else ''}")
        found = {
            "PYDB_DSN": self._stage.dsn,
            "PATH": f"{self._stage.server.bin_dir}:{os.environ.get('PATH', '')}",
        }
        done = subprocess.run(
            ["sh", "-e", "-c", command],
            env={**os.environ, **found},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for line in (done.stdout + done.stderr).splitlines()[:6]:
            self._stage.screen.say(f"  {line[:110]}")
        return done.stdout if done.returncode == 0 else ""


def prove(conn: db.Connection, stage: Stage, platform: Platform) -> None:
    """Each breaks its baseline, is named by its runbook, and works again after what that says."""
    _prove_errors(conn, stage, platform)
    asyncio.run(_prove_slow(conn, stage, platform))
    _prove_jobs(conn, stage, platform)
    told = _on_page(platform, {"telemetry_errors", "telemetry_slow", "telemetry_jobs_failed"})
    stage.equal("page_broken", "broken baselines on the page of system health", len(told), 3)
    (page,) = asyncio.run(platform.call([("GET", "/data/admin/telemetry")]))
    shown = sum(
        word in page.text for word in ("MissingPrivilege", "division by zero", "/admin/roles", "beyond")
    )
    stage.equal("page_quick", "quick queries with what went wrong, on the page of telemetry", shown, 4)


def prove_mended(conn: db.Connection, stage: Stage, platform: Platform) -> None:
    """After so many good answers the baselines are kept again, and the page says so."""
    stage.equal("mended", "baselines that are broken at the end", len(_reasons(conn)), 0)
    (component,) = components.check(conn, ["telemetry"])
    stage.equal("mended_health", f"health says: {component.summary}", component.status, "ok")
    stage.equal("page_mended", "broken baselines on the page at the end", len(_on_page(platform, set())), 0)


def _prove_errors(conn: db.Connection, stage: Stage, platform: Platform) -> None:
    stage.screen.step("Answers are 5xx: a deployment took a right away")
    db.run_script(conn, script(__file__, "revoke.sql"))
    answered = asyncio.run(platform.call(_SESSIONS))
    stage.equal(
        "errors_seen",
        "answers 500 while a right is missing",
        sum(one.status_code == 500 for one in answered),
        BROKEN,
    )
    _prove_said(conn, stage, platform, "telemetry_errors", "errors")
    runbook = Runbook("errors", stage)
    named = re.search(r"/athletes/\{athlete:int\}/sessions.*MissingPrivilege", runbook.first())
    stage.equal(
        "errors_named", "the runbook of errors names the route and the error", bool(named), wanted=True
    )
    runbook.mend()
    answered = asyncio.run(platform.call(_SESSIONS))
    stage.equal(
        "errors_mended",
        "answers 201 after what it says was typed",
        sum(one.status_code == 201 for one in answered),
        BROKEN,
    )


async def _prove_slow(conn: db.Connection, stage: Stage, platform: Platform) -> None:
    stage.screen.step("Answers are slow: somebody holds a lock and went to lunch")
    runbook = Runbook("slow", stage)
    holder = db.connect(stage.dsn)
    try:
        db.run_script(holder, script(__file__, "lock.sql"))
        waiting = asyncio.create_task(platform.call(_PLANS))
        await _all_wait(conn)
        await asyncio.sleep(HELD_SECONDS)
        named = re.search(
            r"from coaching.athlete.*report by hand.*idle in transaction",
            await asyncio.to_thread(_flat, runbook),
        )
        await asyncio.to_thread(runbook.mend)
        answered = await waiting
    finally:
        holder.close()
    good = sum(one.status_code == 200 for one in answered)
    stage.equal(
        "slow_named", "the runbook of slow answers names who waits, and for whom", bool(named), wanted=True
    )
    stage.equal("slow_mended", "answers 200 to all who waited, after what it says was typed", good, SLOW)
    _prove_said(conn, stage, platform, "telemetry_slow", "slow")


def _flat(runbook: Runbook) -> str:
    return " ".join(runbook.first().split())


async def _all_wait(conn: db.Connection) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        (found,) = db.run_query(conn, script(__file__, "waiting.sql"))
        if int(str(found["waiting"])) >= SLOW:
            return
        await asyncio.sleep(0.02)


def _prove_jobs(conn: db.Connection, stage: Stage, platform: Platform) -> None:
    stage.screen.step("Jobs fail: an import brought what the report cannot divide by")
    db.run_query(conn, script(__file__, "zero.sql"))
    failed = [athlete for athlete in range(1, BROKEN + 1) if not platform.report(athlete)]
    stage.equal("jobs_seen", "jobs that fail on rows of an import", len(failed), BROKEN)
    _prove_said(conn, stage, platform, "telemetry_jobs_failed", "jobs")
    states = {str(row["state"]): row for row in db.run_query(conn, script(__file__, "states.sql"))}
    stage.equal(
        "jobs_state",
        "jobs with state failed and the type of their error",
        int(str(states["failed"]["errors"])),
        BROKEN,
    )
    runbook = Runbook("jobs", stage)
    named = re.search(r"weekly report.*division by zero", runbook.first())
    stage.equal("jobs_named", "the runbook of jobs names the job and the error", bool(named), wanted=True)
    runbook.mend()
    stage.equal(
        "jobs_mended",
        "failed jobs that complete after what it says was typed",
        sum(map(platform.report, failed)),
        BROKEN,
    )


def _prove_said(conn: db.Connection, stage: Stage, platform: Platform, reason: str, key: str) -> None:
    platform.writer.flush(30)
    said = _reasons(conn)
    stage.screen.say(said.get(reason, "it says nothing"))
    stage.equal(f"{key}_health", f"health says {reason}", reason in said, wanted=True)


def _reasons(conn: db.Connection) -> dict[str, str]:
    """What health finds, by its reason."""
    (component,) = components.check(conn, ["telemetry"])
    findings = cast("list[dict[str, object]]", component.detail.get("findings") or [])
    return {str(one["reason_code"]): str(one["summary"]) for one in findings}


def _on_page(platform: Platform, wanted: set[str]) -> set[str]:
    """The broken baselines that the page tells of, once they are those; it is some seconds old."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        page, document = asyncio.run(_look(platform))
        found = (
            set(re.findall(r"telemetry_(?:errors|slow|jobs_failed)", document)) if page == 200 else {"page"}
        )
        if found == wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


async def _look(platform: Platform) -> tuple[int, str]:
    address = "/data/admin/system/health"
    page, document = await platform.call([("GET", address), ("GET", f"{address}.json")])
    return page.status_code, document.text
