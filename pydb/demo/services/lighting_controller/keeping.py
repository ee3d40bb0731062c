"""Raw events go only when they are summed up, and then all of them that are old."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from pydb import db, retention
from pydb.demo.screen import count
from pydb.demo.services.serving import alive
from pydb.demo.services.stage import script

if TYPE_CHECKING:
    from pydb.demo.services.lighting_controller.application import Controller
    from pydb.demo.services.lighting_controller.credentials import Credentials
    from pydb.demo.services.stage import Stage


def counts(conn: db.Connection, now: datetime) -> dict[str, int]:
    """What there is, by plain SQL."""
    (found,) = db.run_query(conn, script(__file__, "counts.sql"), now=now)
    return {name: int(float(str(value))) for name, value in found.items()}


def prove_gate(stage: Stage, login: Credentials, controller: Controller) -> None:
    """Pruning waits for the totals; after ``/aggregate-now`` it takes what is due."""
    stage.screen.step("Totals before pruning: the job that sums up has stood still")
    now = datetime.now(UTC)
    with login.connect() as conn, alive(controller.application()) as http:
        before = counts(conn, now)
        (plan,) = retention.plan(conn, "raw_events", now)
        old, waiting = before["raw_old"], before["raw_unsummed"]
        stage.screen.say(
            f"{count(old)} raw events are older than 30 days, {count(waiting)} of them in no total"
        )
        told = any("watermark" in code for code in plan.codes or [])
        stage.equal(
            "gate_plan",
            "rows that the plan would take: old and summed up",
            plan.rows,
            before["raw_old"] - before["raw_unsummed"],
        )
        stage.equal("gate_told", "the plan says that the watermark decides", told, wanted=True)
        retention.run(conn, policy="raw_events", now=now)
        after = counts(conn, now)
        stage.equal(
            "gate",
            "old raw events in no total that were pruned",
            before["raw_unsummed"] - after["raw_unsummed"],
            0,
        )
        sick = http.get("/healthz")
        body = cast("dict[str, object]", sick.json())
        checks = cast("dict[str, list[dict[str, object]]]", body["checks"])
        late = checks["aggregation:status"][0]
        stage.screen.say(f"/healthz {sick.status_code} {body['state']}: {late.get('output')}")
        stage.screen.say(f"playbook: {late.get('playbook')}; next: {late.get('hint')}")
        stage.equal(
            "degraded",
            "/healthz says degraded, with a playbook",
            bool(body["state"] == "degraded" and late.get("playbook")),
            wanted=True,
        )
        answer = http.post("/aggregate-now").json()
        stage.screen.say(f"aggregate-now: {answer}")
        summed = counts(conn, now)
        stage.equal(
            "aggregated",
            "raw events in totals, of all that there ever were",
            summed["summed"],
            int(before["raw"]),
        )
