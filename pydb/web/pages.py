"""The pages: what is looked at. What is done from them is in :mod:`pydb.web.actions`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from starlette.responses import HTMLResponse, Response

from pydb import cascade, db
from pydb import health as pydb_health
from pydb.errors import UnknownName, UsageError
from pydb.web import asked, facts, outlook, overview, plans, show
from pydb.web.charts import by_day
from pydb.web.site import answer, base_of, here, link, redirect, segment, visitor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from pydb.web.site import Site

POLICY_STATES: Final = (
    "all",
    "overdue",
    "stopped",
    "paused",
    "disabled",
    "through",
    "catching_up",
    "never",
    "unknown",
)


def home(site: Site, request: Request) -> Response:  # noqa: ARG001
    """Go to the page of health."""
    return redirect(request, "/admin/system/health")


def health(site: Site, request: Request) -> Response:
    """Is it well, in one sentence; then why not, what is at work, and what to do."""
    began = time.monotonic()
    overview.begin(site.database)
    site.compile("health")
    server = _server(site)
    found = overview.read_health(site.database)
    days, flow = by_day(found.history.value or ())
    return site.page(
        request,
        "health",
        title="Health",
        health=found,
        server=server,
        days=days,
        flow=flow,
        took=time.monotonic() - began,
        most=facts.MOST,
        stream=site.hub.state(),
        behind=None if site.publisher is None else site.publisher.behind(),
    )


def health_json(site: Site, request: Request) -> Response:  # noqa: ARG001
    """The same as a document: 200 if ok or degraded, else 503."""
    overview.begin(site.database)
    server = _server(site)
    found = overview.read_health(site.database)
    code = 200 if found.status in ("ok", "degraded") else 503
    parts = {
        name: getattr(found, name)
        for name in (
            "overdue",
            "live",
            "counts",
            "failures",
            "coverage",
            "claims",
            "holds",
            "jobs",
        )
    }
    body = {
        **(pydb_health.document(found.components.value) if found.components.value else {}),
        "state": found.status,
        "sentence": found.sentence,
        "database": server.dbname,
        "checked_at": server.now,
        **{
            name: value.value if value.problem is None else {"problem": value.problem}
            for name, value in parts.items()
        },
        "next": [command for _, command in found.commands],
        "stream": site.hub.state(),
    }
    return answer(body, code, media="application/health+json")


def policies(site: Site, request: Request) -> Response:
    """Policies, those with a problem first."""
    state, text, start, found = policy_list(site, request)
    return site.page(
        request,
        "policies",
        title="Policies",
        found=found,
        state=state,
        text=text,
        start=start,
        states=POLICY_STATES,
        page=facts.PAGE,
    )


def policy_list(site: Site, request: Request) -> tuple[str, str, int, outlook.PolicyList]:
    """What a list of policies was asked for, and the list."""
    state = asked.word(request, "state", POLICY_STATES) or "all"
    text = asked.text(request, "q")
    start = asked.whole(request, "start") or 0
    return state, text, start, outlook.policy_page(site.database, state, text, start)


def policy(site: Site, request: Request) -> Response:
    """One policy: does it keep up, what decides, what it did."""
    name = str(request.path_params["name"])
    found = outlook.policy_whole(site.database, name)
    days, flow = by_day(found.history.value or ())
    return site.page(
        request,
        "policy",
        title=f"Policy {name}",
        found=found,
        days=days,
        flow=flow,
    )


def plan(site: Site, request: Request) -> Response:
    """What a run of one policy would do now, counted; and the form that confirms it."""
    name = str(request.path_params["name"])
    with site.database.plan() as conn:
        counted = plans.count(conn, "run", [("retention", name)])
    return plan_page(site, request, counted, f"/admin/policies/{segment(name)}/run")


def retry(site: Site, request: Request) -> Response:
    """What to run again of the chosen runs, counted; and the form that confirms it."""
    ids = [asked.id_of(text) for text in request.query_params.getlist("run")]
    if not 1 <= len(ids) <= facts.PAGE:
        raise UsageError(
            f"choose 1 to {facts.PAGE} runs",
            detail=f"You chose {len(ids)}.",
            hint="tick them in the list of runs",
        )
    with site.database.plan() as conn:
        subjects, left_out = plans.again(db.read(conn, "run_summaries", ids=tuple(ids)))
        counted = plans.count(conn, "retry", subjects)
    return plan_page(site, request, counted, "/admin/runs/retry", left_out=left_out)


def plan_page(
    site: Site,
    request: Request,
    counted: plans.Plan,
    target: str,
    *,
    changed: str | None = None,
    left_out: Sequence[str] = (),
) -> Response:
    """A plan with its counts, and the form that confirms it."""
    visitor = visitor_of(request)
    return site.page(
        request,
        "plan",
        409 if changed else 200,
        title="Plan",
        plan=counted,
        target=target,
        ticket="" if visitor is None else counted.ticket(visitor),
        changed=changed,
        left_out=list(left_out),
        minutes=int(plans.GOOD_FOR // 60),
    )


def runs(site: Site, request: Request) -> Response:
    """Runs, newest first: of some states and kinds together, of a subject, of some time."""
    wanted, found, after = run_list(site, request)
    now = datetime.now(UTC)
    return site.page(
        request,
        "runs",
        title="Runs",
        found=found,
        wanted=wanted,
        query=asked.query(request, ("state", "kind", "subject", "since", "until")),
        after=after,
        states=facts.STATES,
        kinds=facts.KINDS,
        night=asked.night(now),
        page=facts.PAGE,
    )


def run_list(site: Site, request: Request) -> tuple[facts.Wanted, list[facts.Row], str | None]:
    """Which runs were asked for, and the next page's word."""
    now = datetime.now(UTC)
    before_at, before_id = asked.cursor(request)
    wanted = facts.Wanted(
        asked.words(request, "state", facts.STATES),
        asked.words(request, "kind", facts.KINDS),
        asked.text(request, "subject") or None,
        facts.moment("since", asked.text(request, "since"), now),
        facts.moment("until", asked.text(request, "until"), now),
        before_at,
        before_id,
    )
    with site.database.look() as conn:
        found = facts.run_page(conn, wanted, facts.PAGE + 1)
    after = None
    if len(found) > facts.PAGE:
        found = found[: facts.PAGE]
        at = found[-1]["started_at"]
        assert isinstance(at, datetime)  # noqa: S101 (of the type of its column)
        after = f"{at.isoformat()}~{found[-1]['id']}"
    return wanted, found, after


def run(site: Site, request: Request) -> Response:
    """One run, and what the audit log says of it."""
    number = asked.number_of(request)
    found = facts.run_whole(site.database, number)
    return site.page(request, "run", title=f"Run {number}", found=found, json=_pretty)


def jobs(site: Site, request: Request) -> Response:
    """Cascade jobs, newest first."""
    states, found, after = job_list(site, request)
    return site.page(
        request,
        "jobs",
        title="Cascade jobs",
        found=found,
        chosen=states,
        states=facts.JOB_STATES,
        after=after,
    )


def job_list(site: Site, request: Request) -> tuple[tuple[str, ...], list[facts.Row], object]:
    """Which cascade jobs were asked for, and the next page's word."""
    states = asked.words(request, "state", facts.JOB_STATES)
    with site.database.look() as conn:
        found = facts.job_page(conn, states, asked.whole(request, "before"))
    after = found[facts.PAGE - 1]["id"] if len(found) > facts.PAGE else None
    return states, found[: facts.PAGE], after


def job(site: Site, request: Request) -> Response:
    """One cascade job: its tree, and what can be done about it."""
    from pydb.cascade import tree

    number = asked.number_of(request)
    found = facts.job_whole(site.database, number)
    visitor = visitor_of(request)
    tickets: dict[str, str] = {}
    if visitor is not None:
        with site.database.look() as conn:
            for action in job_actions(found.job):
                tickets[action] = plans.count(conn, action, [("cascade", str(number))]).ticket(visitor)
    return site.page(
        request,
        "job",
        title=f"Job {number}",
        found=found,
        tree=tree.grow(found.steps) if found.steps else None,
        tickets=tickets,
        cures=tree.cures(found.steps),
    )


def job_actions(found: cascade.Job) -> list[str]:
    """What may be done about a job in its state."""
    waits = found.approval and found.approved_at is None
    if found.state == "requested":
        return ["approve", "cancel"] if waits else ["run", "cancel"]
    if found.state == "approved":
        return ["run", "cancel"]
    if found.state == "started":
        return ["run", "cancel"] if found.run_state in ("blocked", "failed") else ["run"]
    return []


def holds(site: Site, request: Request) -> Response:
    """Holds, newest first."""
    states = asked.words(request, "state", facts.HOLD_STATES)
    with site.database.look() as conn:
        found = facts.hold_page(conn, states, asked.whole(request, "before"))
    after = found[facts.PAGE - 1]["id"] if len(found) > facts.PAGE else None
    return site.page(
        request,
        "holds",
        title="Holds",
        found=found[: facts.PAGE],
        chosen=states,
        states=facts.HOLD_STATES,
        after=after,
    )


def telemetry(site: Site, request: Request) -> Response:
    """What applications say of themselves: baselines, and what one asks first."""
    with site.database.look() as conn:
        baselines = db.call(conn, "telemetry_status")
        looks = db.call(conn, "telemetry_recent", p_limit=2 * facts.FEW)
    schemas: dict[str, dict[str, list[db.Row]]] = {str(row["name"]): {} for row in baselines}
    for row in looks:
        schemas[str(row["name"])].setdefault(str(row["look"]), []).append(row)
    return site.page(request, "telemetry", title="Telemetry", baselines=baselines, schemas=schemas)


def audit(site: Site, request: Request) -> Response:
    """What the audit log says, newest first."""
    with site.database.look() as conn:
        found = db.read(conn, "page_audit", before_id=asked.whole(request, "before"), limit=facts.PAGE + 1)
    after = found[facts.PAGE - 1]["id"] if len(found) > facts.PAGE else None
    return site.page(request, "audit", title="Audit", found=found[: facts.PAGE], after=after, json=_pretty)


def receipt(site: Site, request: Request) -> Response:
    """What came of an action: its runs, who asked for it, and why."""
    number = UUID(str(request.path_params["request"]))
    found = facts.receipt(site.database, number)
    work = site.workers.get(number)
    if work is None and not found.runs and not found.notes:
        raise UnknownName(f"there is no request {number}", hint="see the list of runs")
    live = (work is not None and work.state != "ended") or any(
        row["state"] in ("queued", "running") for row in found.runs
    )
    return site.page(
        request, "receipt", title="Receipt", number=number, found=found, work=work, live=live, json=_pretty
    )


def sign_in(site: Site, request: Request) -> Response:
    """The form that asks for the token."""
    if visitor_of(request) is not None:
        return redirect(request, "/admin/system/health")
    return site.page(
        request,
        "sign_in",
        title="Sign in",
        next=asked.own_path(request.query_params.get("next")),
        wrong=False,
    )


def again(request: Request) -> Response:
    """A page that asks for itself once more: now from here, so that the browser sends the cookie along."""
    there = link(base_of(request), here(request))
    query = f"?{request.url.query}" if request.url.query else ""
    from markupsafe import escape

    again_at = escape(f"0;url={there}{query}")
    text = (
        f'<!doctype html><html lang="en"><title>pydb</title><meta http-equiv="refresh" content="{again_at}">'
    )
    return HTMLResponse(text)


def _server(site: Site) -> facts.Server:
    with site.database.look() as conn:
        return facts.server(conn)


def _pretty(value: object) -> str:
    import json

    return json.dumps(value, default=show.jsonable, ensure_ascii=False, indent=1)
