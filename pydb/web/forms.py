"""Forms of the pages: each does one thing and goes on to the page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

from starlette.responses import Response

from pydb.errors import UsageError
from pydb.web import actions, asked, auth, pages, plans
from pydb.web.site import base_of, redirect, segment, visitor_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from starlette.requests import Request

    from pydb.web.auth import Visitor
    from pydb.web.site import Site

    Fields = Mapping[str, str]

_LONGEST_WHO: Final = 60
_QUOTED: Final = "%&=+;:@/?~,!$*()"


def sign_in(site: Site, request: Request, fields: Fields) -> Response:
    """Open a session for who has a token."""
    who = fields.get("who", "").strip()
    text = fields.get("token", "").strip()
    there = asked.own_path(fields.get("next"))
    token = site.tokens.find(text) if text else None
    if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none"):
        raise UsageError("sign in from the page itself", hint="/admin/sign-in")
    if token is None:
        return site.page(request, "sign_in", 401, title="Sign in", next=there, wrong=True)
    if len(who) > _LONGEST_WHO or not who.isprintable():
        raise UsageError("the name is too long, or no name", hint=f"at most {_LONGEST_WHO} characters")
    # as it stood in the address: what was quoted there stays so
    answered = Response(status_code=303, headers={"location": base_of(request) + quote(there, _QUOTED)})
    cookie = site.sessions.open(token, who or token.workspace)
    _cookie(site, request, answered, cookie, site.settings.session)
    return answered


def sign_out(site: Site, request: Request, fields: Fields) -> Response:  # noqa: ARG001
    """End the session: its cookie, and every copy of it."""
    site.sessions.end(_visitor(request))
    answered = redirect(request, "/admin/sign-in")
    _cookie(site, request, answered, "", 0)
    return answered


def _cookie(site: Site, request: Request, answered: Response, value: str, seconds: float) -> None:
    secure = site.settings.secure
    answered.set_cookie(
        auth.COOKIE,
        value,
        max_age=int(seconds),
        path=base_of(request) or "/",
        secure=request.url.scheme == "https" if secure == "auto" else secure == "on",
        httponly=True,
        samesite="strict",
    )


def run(site: Site, request: Request, fields: Fields) -> Response:
    """Run what was confirmed."""
    name = _name(request)
    return _run(
        site, request, fields, "run", f"/admin/policies/{segment(name)}/run", wanted=[("retention", name)]
    )


def retry(site: Site, request: Request, fields: Fields) -> Response:
    """Run all that was confirmed again."""
    return _run(site, request, fields, "retry", "/admin/runs/retry")


def _run(
    site: Site,
    request: Request,
    fields: Fields,
    action: str,
    target: str,
    *,
    wanted: list[tuple[str, str]] | None = None,
) -> Response:
    visitor, ticket = _visitor(request), fields.get("ticket", "")
    try:
        number = actions.run(site, visitor, action, ticket, fields.get("reason", ""), wanted=wanted)
    except plans.PlanChanged as error:
        confirmed = plans.stale(visitor, ticket)
        with site.database.plan() as conn:
            counted = plans.count(conn, action, confirmed)
        return pages.plan_page(site, request, counted, target, changed=f"{error.message}.")
    return _receipt(site, request, number)


def dry_run(site: Site, request: Request, fields: Fields) -> Response:
    """Count as a run would, and leave the figures in the log."""
    number = actions.dry_run(site, _visitor(request), _name(request), fields.get("reason") or None)
    return _receipt(site, request, number)


def pause(site: Site, request: Request, fields: Fields) -> Response:
    """Pause a policy, or everything."""
    name = request.path_params.get("name")
    return _said(request, name, actions.pause(site, _visitor(request), name, fields.get("reason", "")))


def resume(site: Site, request: Request, fields: Fields) -> Response:
    """Take a pause back."""
    name = request.path_params.get("name")
    return _said(request, name, actions.resume(site, _visitor(request), name, fields.get("reason", "")))


def approve(site: Site, request: Request, fields: Fields) -> Response:
    """Let a policy run as it is now."""
    name = _name(request)
    said = actions.approve_policy(
        site, _visitor(request), name, fields.get("reason", ""), fields.get("digest") or None
    )
    return _said(request, name, said)


def job(site: Site, request: Request, fields: Fields) -> Response:
    """Approve, cancel or run a cascade job."""
    number, action = asked.number_of(request), request.url.path.rpartition("/")[2]
    visitor, ticket, reason = _visitor(request), fields.get("ticket", ""), fields.get("reason", "")
    if action == "run":
        return _receipt(site, request, actions.run_job(site, visitor, number, ticket, reason))
    decide = actions.approve_job if action == "approve" else actions.cancel_job
    decide(site, visitor, number, ticket, reason)
    return redirect(request, f"/admin/jobs/{number}")


def _receipt(site: Site, request: Request, number: UUID) -> Response:
    actions.first_run(site, number)
    return redirect(request, f"/admin/receipts/{number}")


def _said(request: Request, name: str | None, said: str) -> Response:
    return redirect(
        request, "/admin/system/health" if name is None else f"/admin/policies/{segment(name)}", said=said
    )


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _visitor(request: Request) -> Visitor:
    return cast("Visitor", visitor_of(request))
