"""Start, drain, and a new password."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from pydb import db, policyfile, retention
from pydb.demo.services.lighting_controller import application, playbooks
from pydb.demo.services.serving import Life, Refused, alive
from pydb.demo.services.stage import script
from pydb.errors import DatabaseUnavailable, PydbError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydb.demo.services.lighting_controller.application import Controller
    from pydb.demo.services.lighting_controller.credentials import Credentials
    from pydb.demo.services.stage import Stage

PATIENCE: Final = 60.0


def prove_checks(stage: Stage, login: Credentials, controller: Controller) -> None:
    """It takes no traffic beside tables that are not as its policies know them."""
    stage.screen.step("Before traffic: are pydb, policies and tables those of this version of the program?")
    with login.connect() as conn:
        db.run_script(conn, script(__file__, "migration.sql"))
        stage.equal(
            "refused",
            "it starts beside a table that would lose rows with decisions",
            _starts(controller),
            wanted=False,
        )
        stage.screen.say(f"refused: {controller.refused}")
        db.run_script(conn, script(__file__, "migration_undone.sql"))
        retention.policy_drop(conn, "decisions")
        stage.equal(
            "refused_policy", "it starts without one of its policies", _starts(controller), wanted=False
        )
        stage.screen.say(f"refused: {controller.refused}")
        policyfile.apply(conn, application.policies())
    with alive(controller.application()), login.connect() as conn:
        found = _watch(conn, controller, "decisions")
        stage.equal("started", "it starts where all is as it should be", True, wanted=True)
        stage.at_most("heartbeat", "age of the scheduler's heartbeat", float(str(found["age"])), 60.0, "s")


def _starts(controller: Controller) -> bool:
    try:
        with alive(controller.application()):
            return True
    except Refused:
        return False


def prove_drain(stage: Stage, login: Credentials, controller: Controller) -> Kept:
    """The scheduler fires what is due; a run that is at work when the application ends is let finish."""
    stage.screen.step(
        "The scheduler fires what the night has missed; the application is shut down in the middle"
    )
    with login.connect() as conn, login.connect() as other:
        kept = Kept(conn)
        life = Life(controller.application())
        with life.start(), db.transaction(other):
            db.run_script(other, script(__file__, "hold_up.sql"))
            db.run_query(conn, script(__file__, "due.sql"))
            controller.scheduler.look()
            _until(lambda: _watch(conn, controller, "decisions")["state"] == "running")
            life.end()
            _until(controller.draining.is_set)
            waits = life.is_alive and _watch(conn, controller, "decisions")["state"] == "running"
        life.wait()
        found = _watch(conn, controller, "decisions")
    stage.equal("drain", "a run is at work, and the shutdown waits for it", waits, wanted=True)
    stage.equal("drained", "how that run ended", str(found["state"]), "completed")
    gone = found["stopped_at"] is not None and not controller.scheduler.is_running
    stage.equal("stopped", "the scheduler has said good-bye", gone, wanted=True)
    return kept


class Kept:
    """What was there before the scheduler ran, to be compared with what is left."""

    def __init__(self, conn: db.Connection) -> None:
        self._hours = {
            row["hour"]: int(str(row["rows"])) for row in db.run_query(conn, script(__file__, "hours.sql"))
        }
        (newest,) = db.run_query(conn, script(__file__, "newest_run.sql"))
        self._since = newest["id"]

    def runs(self, conn: db.Connection) -> dict[str, db.Row]:
        """The completed run of each policy since then."""
        found = db.run_query(conn, script(__file__, "runs.sql"), since=self._since)
        return {str(row["subject"]): row for row in found}

    def prove(self, stage: Stage, conn: db.Connection) -> None:
        """What is left is exactly what is younger than the cutoff of each run."""
        cutoff = {name: cast("datetime", run["cutoff"]) for name, run in self.runs(conn).items()}
        (left,) = db.run_query(conn, script(__file__, "left.sql"))
        (due,) = db.run_query(
            conn, script(__file__, "expected.sql"), raw=cutoff["raw_events"], decisions=cutoff["decisions"]
        )
        features = sum(
            number for hour, number in self._hours.items() if cast("datetime", hour) >= cutoff["features"]
        )
        stage.equal(
            "raw",
            "raw events left: all of the last 30 days, no other",
            int(str(left["raw"])),
            int(str(due["raw"])),
        )
        stage.equal(
            "features",
            "features left: all of the last 90 days, no other",
            int(str(left["features"])),
            features,
        )
        stage.equal(
            "decisions",
            "decisions left: all of the last 180 days, no other",
            int(str(left["decisions"])),
            int(str(due["decisions"])),
        )


def prove_rotation(stage: Stage, login: Credentials, controller: Controller, kept: Kept) -> None:
    """The rest of the night's runs, health, a new password, and what health says without a scheduler."""
    stage.screen.step("It starts again: the rest of what is due, a new password, health")
    with alive(controller.application()) as http:
        with login.connect() as conn:
            controller.scheduler.look()
            _until(lambda: len(kept.runs(conn)) == 3)
            kept.prove(stage, conn)
        well = http.get("/healthz")
        stage.screen.say(f"/healthz {well.status_code} {well.json()['state']}")
        stage.equal("ok", "/healthz says ok when all is done", well.json()["state"], "ok")
        old = login.rotate()
        rotated = datetime.now(UTC)
        with db.connect(stage.dsn) as admin:
            (ended,) = db.run_query(admin, script(__file__, "end_sessions.sql"))
        stage.screen.say(f"a new password; {ended['ended']} sessions were ended")
        controller.scheduler.look()
        stage.equal(
            "old", "the old password still connects", _connects(login.with_password(old)), wanted=False
        )
        stage.equal("new", "/healthz answers with the new one", http.get("/healthz").status_code, 200)
        with login.connect() as conn:
            _until(lambda: _beats_since(conn, controller, rotated))
        still = controller.scheduler.is_running
        stage.equal("beats", "the scheduler's heart beats on, in the same process", still, wanted=True)
        controller.scheduler.stop()
        sick = http.get("/healthz")
        why = sick.json()["checks"]["schedule:status"][0]
        stage.screen.say(f"/healthz {sick.status_code} {sick.json()['state']}: {why['output']}")
        stage.screen.say(f"playbook: {why['playbook']}; next: {why.get('hint')}")
        told = f"{sick.status_code} {sick.json()['state']} {why['playbook']}"
        wanted = f"503 error {playbooks.PLAYBOOKS['schedule']}"
        stage.equal(
            "error", "/healthz without a scheduler says error, with a playbook", told == wanted, wanted=True
        )


def _beats_since(conn: db.Connection, controller: Controller, moment: datetime) -> bool:
    controller.scheduler.look()
    return cast("datetime", _watch(conn, controller, "decisions")["heartbeat_at"]) > moment


def _connects(dsn: str) -> bool:
    try:
        db.connect(dsn).close()
    except DatabaseUnavailable:
        return False
    return True


def _watch(conn: db.Connection, controller: Controller, policy: str) -> db.Row:
    (found,) = db.run_query(
        conn, script(__file__, "watch.sql"), policy=policy, scheduler=controller.scheduler.id
    )
    return found


def _until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise PydbError(
                "what the demo waited for did not happen", hint="repeat it where less is going on"
            )
        time.sleep(0.02)
