"""The admin API: the same looks and actions as the pages, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pydb import db
from pydb.errors import PydbError, UsageError
from pydb.web import actions, asked, facts, outlook, pages, plans
from pydb.web.site import answer, base_of, link, visitor_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from starlette.requests import Request
    from starlette.responses import Response

    from pydb.web.auth import Visitor
    from pydb.web.site import Site

    Fields = Mapping[str, str]


def policies(site: Site, request: Request) -> Response:
    """Policies: ``state``, ``q``, ``start`` as in the page."""
    state, _, _, found = pages.policy_list(site, request)
    return answer(
        {
            "state": state,
            "policies": found.rows,
            "count": found.count,
            "total": found.total,
            "next": found.next,
        }
    )


def policy(site: Site, request: Request) -> Response:
    """One policy."""
    found = outlook.policy_whole(site.database, str(request.path_params["name"]))
    return answer(
        {
            "policy": found.policy,
            "outlook": found.outlook.value,
            "aspects": found.aspects.value,
            "history": found.history.value,
            "runs": found.runs.value,
        }
    )


def runs(site: Site, request: Request) -> Response:
    """Runs: ``state``, ``kind``, ``subject``, ``since``, ``until``, ``after`` as in the page."""
    _, found, after = pages.run_list(site, request)
    return answer({"runs": found, "after": after})


def run(site: Site, request: Request) -> Response:
    """One run."""
    found = facts.run_whole(site.database, asked.number_of(request))
    return answer(
        {"run": found.run, "summary": found.summary, "request": found.request, "audit": found.audit}
    )


def jobs(site: Site, request: Request) -> Response:
    """Cascade jobs: ``state``, ``before``."""
    states, found, after = pages.job_list(site, request)
    return answer({"states": states, "jobs": found, "before": after})


def job(site: Site, request: Request) -> Response:
    """One cascade job with its plan."""
    found = facts.job_whole(site.database, asked.number_of(request))
    return answer({"job": found.job, "steps": found.steps, "runs": found.runs})


def receipt(site: Site, request: Request) -> Response:
    """What came of a request."""
    number = cast("UUID", request.path_params["request"])
    work = site.workers.get(number)
    state = None if work is None else work.state  # before the runs: those of what has ended are as they stay
    found = facts.receipt(site.database, number)
    return answer(
        {
            "request": number,
            "state": state,
            "errors": [] if work is None else [_error(error) for error in work.errors],
            "runs": found.runs,
            "notes": found.notes,
        }
    )


def plan(site: Site, request: Request, fields: Fields) -> Response:  # noqa: ARG001
    """Count what a run of a policy would do; ``ticket`` confirms it."""
    return _counted(site, request, "run", [("retention", _name(request))])


def plan_retry(site: Site, request: Request, fields: Fields) -> Response:
    """Count what the runs named in ``runs`` would do again."""
    import json

    try:
        ids = [asked.id_of(str(one)) for one in json.loads(fields.get("runs", "[]"))]
    except (ValueError, TypeError):
        ids = []
    if not 1 <= len(ids) <= facts.PAGE:
        raise UsageError(f"choose 1 to {facts.PAGE} runs", hint='{"runs": [17, 18]}')
    with site.database.look() as conn:
        subjects, left_out = plans.again(db.read(conn, "run_summaries", ids=tuple(ids)))
    return _counted(site, request, "retry", subjects, left_out)


def plan_job(site: Site, request: Request, fields: Fields) -> Response:
    """Look at the plan of a cascade job, to ``approve``, ``cancel`` or ``run`` it (``action``)."""
    action = fields.get("action", "")
    if action not in ("approve", "cancel", "run"):
        raise UsageError(
            "action is missing", detail="It is approve, cancel or run.", hint='{"action": "approve"}'
        )
    return _counted(site, request, action, [("cascade", str(asked.number_of(request)))])


def _counted(
    site: Site,
    request: Request,
    action: str,
    subjects: list[tuple[str, str]],
    left_out: list[str] | None = None,
) -> Response:
    with site.database.plan() as conn:
        counted = plans.count(conn, action, subjects)
    return answer(
        {
            "action": action,
            "now": counted.now,
            "rows": counted.rows,
            "parts": counted.parts,
            "digest": counted.digest,
            "ticket": counted.ticket(_visitor(request)),
            "left_out": left_out or [],
        }
    )


def run_policy(site: Site, request: Request, fields: Fields) -> Response:
    """Run a policy: ``{"dry_run": true}``, or with the ``ticket`` of a plan and a ``reason``."""
    visitor, dry = _visitor(request), fields.get("dry_run", "false")
    if dry not in ("true", "false"):
        raise UsageError("dry_run is true or false", hint='{"dry_run": true}')
    if dry == "true":
        number = actions.dry_run(site, visitor, _name(request), fields.get("reason"))
    else:
        wanted = [("retention", _name(request))]
        number = actions.run(
            site, visitor, "run", fields.get("ticket", ""), fields.get("reason", ""), wanted=wanted
        )
    return _accepted(site, request, number)


def retry(site: Site, request: Request, fields: Fields) -> Response:
    """Run again what was confirmed: ``ticket`` and ``reason``."""
    number = actions.run(site, _visitor(request), "retry", fields.get("ticket", ""), fields.get("reason", ""))
    return _accepted(site, request, number)


def pause(site: Site, request: Request, fields: Fields) -> Response:
    """Pause a policy, or everything; ``reason``."""
    name = request.path_params.get("name")
    return answer({"said": actions.pause(site, _visitor(request), name, fields.get("reason", ""))})


def resume(site: Site, request: Request, fields: Fields) -> Response:
    """Take a pause back; ``reason``."""
    name = request.path_params.get("name")
    return answer({"said": actions.resume(site, _visitor(request), name, fields.get("reason", ""))})


def approve(site: Site, request: Request, fields: Fields) -> Response:
    """Let a policy run as it is now; ``reason``, and ``digest`` of what was looked at."""
    said = actions.approve_policy(
        site, _visitor(request), _name(request), fields.get("reason", ""), fields.get("digest")
    )
    return answer({"said": said})


def decide_job(site: Site, request: Request, fields: Fields) -> Response:
    """Approve, cancel or run a cascade job: ``ticket`` of its plan, and ``reason``."""
    number, action = asked.number_of(request), request.url.path.rpartition("/")[2]
    visitor, ticket, reason = _visitor(request), fields.get("ticket", ""), fields.get("reason", "")
    if action == "run":
        return _accepted(site, request, actions.run_job(site, visitor, number, ticket, reason))
    decide = actions.approve_job if action == "approve" else actions.cancel_job
    return answer({"said": decide(site, visitor, number, ticket, reason)})


def _accepted(site: Site, request: Request, number: UUID) -> Response:
    there = link(base_of(request), f"/admin/api/receipts/{number}")
    body = {"request": number, "run_id": actions.first_run(site, number), "receipt": there}
    return answer(body, 202, {"location": there})


def _error(error: PydbError) -> dict[str, object]:
    return {"message": error.message, "detail": error.detail, "hint": error.hint, "sqlstate": error.sqlstate}


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _visitor(request: Request) -> Visitor:
    return cast("Visitor", visitor_of(request))
