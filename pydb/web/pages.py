"""The pages: what is looked at. What is done from them is in :mod:`pydb.web.actions`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from starlette.responses import HTMLResponse, Response

from pydb import cascade, db
from pydb import health as pydb_health
from pydb.errors import DatabaseUnavailable, PydbError, UnknownName, UsageError
from pydb.web import facts, plans, show
from pydb.web.charts import Series
from pydb.web.database import Busy
from pydb.web.site import answer, base_of, here, link, redirect, segment, visitor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from pydb.web.site import Site

READY_SECONDS: Final = 3.0
"""A database that has not answered by then is not ready."""
SCRAPE_SECONDS: Final = 4.5
"""A scrape that takes longer says that the database is down; one that works ends itself before that."""
_MOST_ID: Final = 2**63 - 1
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


def livez(site: Site, request: Request) -> Response:  # noqa: ARG001
    """The process is alive; it asks nobody."""
    return answer({"status": "pass"})


def healthz(site: Site, request: Request) -> Response:  # noqa: ARG001
    """Ready: the database answers, and pydb is in it; a warning where this process cannot publish events."""

    def look() -> tuple[int, dict[str, object]]:
        try:
            with site.database.look() as conn:
                facts.server(conn)
        except PydbError as error:
            outage = site.database.outage
            gone = {} if outage is None else {"since": show.jsonable(outage.since)}
            return 503, {"status": "fail", "output": error.message, **gone}
        behind = None if site.publisher is None else site.publisher.behind()
        if behind is None:
            return 200, {"status": "pass"}
        said = f"publishing events is behind: {behind.why}"
        return 200, {"status": "warn", "output": said, "since": show.jsonable(behind.since)}

    try:
        code, body = site.database.kept("ready", 0.5, look, 0.5, patience=READY_SECONDS)
    except Busy:
        code, body = 503, {"status": "fail", "output": "the database does not answer"}
    return answer(body, code)


def metrics(site: Site, request: Request) -> Response:
    """The metrics as Prometheus reads them; a database that is gone is ``lifecycle_up 0``."""
    from pydb.health import metrics as exposition

    wants_open = "application/openmetrics-text" in request.headers.get("accept", "")

    def scrape() -> bytes:
        try:
            with site.database.lend() as conn:
                return exposition.render(conn, openmetrics=wants_open, hub=site.hub.state())
        except DatabaseUnavailable:
            return exposition.down(openmetrics=wants_open, hub=site.hub.state())

    try:
        text = site.database.kept(f"metrics {wants_open}", 1.0, scrape, 1.0, patience=SCRAPE_SECONDS)
    except Busy:
        text = exposition.down(openmetrics=wants_open, hub=site.hub.state())
    return Response(text, media_type=exposition.content_type(wants_open))


def health(site: Site, request: Request) -> Response:
    """Is it well, in one sentence; then why not, what is at work, and what to do."""
    began = time.monotonic()
    server = _server(site)
    found = facts.read_health(site.database)
    days, flow = _charts(found.history.value or ())
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
    server = _server(site)
    found = facts.read_health(site.database)
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


def policy_list(site: Site, request: Request) -> tuple[str, str, int, facts.PolicyList]:
    """What a list of policies was asked for, and the list."""
    state = _word(request, "state", POLICY_STATES) or "all"
    text = _text(request, "q")
    start = _whole(request, "start") or 0
    return state, text, start, facts.policy_page(site.database, state, text, start)


def policy(site: Site, request: Request) -> Response:
    """One policy: does it keep up, what decides, what it did."""
    name = str(request.path_params["name"])
    found = facts.policy_whole(site.database, name)
    days, flow = _charts(found.history.value or ())
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
    ids = [id_of(text) for text in request.query_params.getlist("run")]
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
        query=_query(request, ("state", "kind", "subject", "since", "until")),
        after=after,
        states=facts.STATES,
        kinds=facts.KINDS,
        night=_night(now),
        page=facts.PAGE,
    )


def run_list(site: Site, request: Request) -> tuple[facts.Wanted, list[facts.Row], str | None]:
    """Which runs were asked for, and the next page's word."""
    now = datetime.now(UTC)
    before_at, before_id = _cursor(request)
    wanted = facts.Wanted(
        _words(request, "state", facts.STATES),
        _words(request, "kind", facts.KINDS),
        _text(request, "subject") or None,
        facts.moment("since", _text(request, "since"), now),
        facts.moment("until", _text(request, "until"), now),
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
    number = number_of(request)
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
    states = _words(request, "state", facts.JOB_STATES)
    with site.database.look() as conn:
        found = facts.job_page(conn, states, _whole(request, "before"))
    after = found[facts.PAGE - 1]["id"] if len(found) > facts.PAGE else None
    return states, found[: facts.PAGE], after


def job(site: Site, request: Request) -> Response:
    """One cascade job: its tree, and what can be done about it."""
    from pydb.cascade import tree

    number = number_of(request)
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
    states = _words(request, "state", facts.HOLD_STATES)
    with site.database.look() as conn:
        found = facts.hold_page(conn, states, _whole(request, "before"))
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
        found = db.read(conn, "page_audit", before_id=_whole(request, "before"), limit=facts.PAGE + 1)
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
        request, "sign_in", title="Sign in", next=own_path(request.query_params.get("next")), wrong=False
    )


def own_path(text: str | None) -> str:
    """A path of these pages to go on to; anything else is the page of health."""
    good = text is not None and text.startswith("/admin/") and text.isprintable() and "\\" not in text
    return text if good and text is not None else "/admin/system/health"


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


def static(site: Site, request: Request) -> Response:
    """A file of the pages; its address changes with it."""
    name = str(request.path_params["name"])
    if name not in site.static:
        return Response("not found\n", 404, media_type="text/plain")
    kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}[name.rpartition(".")[2]]
    return Response(site.static[name], 200, {"cache-control": "public, max-age=31536000, immutable"}, kind)


def _server(site: Site) -> facts.Server:
    with site.database.look() as conn:
        return facts.server(conn)


def _charts(history: Sequence[facts.Row]) -> tuple[list[str], dict[str, list[Series]]]:
    """The last days, those on which nothing was counted too; no day if there is nothing to show."""
    if not history:
        return [], {}
    today = datetime.now(UTC).date()
    known = {row["day"]: row for row in history}
    days = [today - timedelta(days=ago) for ago in reversed(range(facts.DAYS))]

    def values(name: str) -> list[int | None]:
        return [value if isinstance(value := known.get(day, {}).get(name), int) else None for day in days]

    return [f"{day:%b %d}" for day in days], {
        "backlog": [Series("rows left at the end of the day's last run", values("left_over"))],
        "flow": [Series("rows that became due", values("came")), Series("rows deleted", values("gone"))],
    }


def _night(now: datetime) -> dict[str, str]:
    """Last night: from 8 in the evening to 8 in the morning, UTC."""
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    evening = morning.timestamp() - 12 * 3600
    return {
        "since": datetime.fromtimestamp(evening, UTC).strftime("%Y-%m-%dT%H:%M"),
        "until": morning.strftime("%Y-%m-%dT%H:%M"),
    }


def _pretty(value: object) -> str:
    import json

    return json.dumps(value, default=show.jsonable, ensure_ascii=False, indent=1)


def _query(request: Request, names: Sequence[str]) -> dict[str, list[str]]:
    return {name: [text for text in request.query_params.getlist(name) if text] for name in names}


def _text(request: Request, name: str) -> str:
    text = request.query_params.get(name, "").strip()
    if len(text) > 200 or "\0" in text:
        raise UsageError(f"{name} is too long, or no text", hint=f"at most 200 characters in ?{name}=")
    return text


def _words(request: Request, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text for text in request.query_params.getlist(name) if text))
    for text in found:
        if text not in allowed:
            raise UsageError(
                f"{name} cannot be {text[:40]!r}",
                detail=f"It is {', '.join(allowed)}.",
                hint=f"?{name}={allowed[0]}",
            )
    return found


def _word(request: Request, name: str, allowed: Sequence[str]) -> str | None:
    found = _words(request, name, allowed)
    return found[0] if found else None


def _whole(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return id_of(text) if text else None


def number_of(request: Request) -> int:
    """The number in an address."""
    return id_of(str(request.path_params["number"]))


def id_of(text: str) -> int:
    """An id out of text."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > _MOST_ID:
        raise UsageError(f"no number: {text[:40]!r}", hint="ids are whole numbers")
    return int(text)


def _cursor(request: Request) -> tuple[datetime | None, int | None]:
    text = request.query_params.get("after", "")
    if not text:
        return None, None
    at, _, number = text.partition("~")
    return facts.moment("after", at, datetime.now(UTC)), id_of(number)
