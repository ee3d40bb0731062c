"""What is done from the pages and by the API: plan, confirm, receipt; who asked and why is audited."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID, uuid4

from pydb import cascade, db, guard, retention, runs
from pydb.errors import MissingPrivilege, ReadOnlyServer, UsageError
from pydb.web import plans
from pydb.web.work import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydb.db import Connection
    from pydb.web.auth import Visitor
    from pydb.web.site import Site

_LONGEST: Final = 1000
_WAIT: Final = 2.0
_LOOK: Final = 0.05


class Refused(MissingPrivilege):
    """Who asks may look and not act."""


class _Call(Protocol):
    def __call__(self, conn: Connection) -> None: ...


def check_may_act(site: Site, visitor: Visitor) -> None:
    """Refuse in read-only mode, and for a token that may only read."""
    if site.settings.read_only:
        raise Refused(
            "this server is read-only",
            detail="PYDB_SERVE_READ_ONLY is on.",
            hint="use the command line, or another server",
        )
    if not visitor.token.may_act:
        raise Refused("this token may only read", hint="sign in with one that may act")


def reason_of(text: str) -> str:
    """Why, in the words of who asks; refused if it is missing."""
    reason = text.strip()
    if not reason or len(reason) > _LONGEST or "\0" in reason:
        raise UsageError(
            "a reason is needed",
            detail=f"At most {_LONGEST} characters; it is kept in the audit log.",
            hint="say why",
        )
    return reason


def run(
    site: Site,
    visitor: Visitor,
    action: str,
    ticket: str,
    reason: str,
    *,
    wanted: list[tuple[str, str]] | None = None,
) -> UUID:
    """Count a confirmed plan again and start its runs; returns the request that they bear.

    ``wanted``: the subjects that the plan must have been of, None = any. Raises
    :class:`~pydb.web.plans.PlanChanged` if it says something else than what was confirmed.
    """
    check_may_act(site, visitor)
    why = reason_of(reason)
    confirmed = plans.redeem(visitor, action, ticket)
    if wanted is not None and confirmed.subjects != wanted:
        raise UsageError("something else was confirmed", hint="look at the plan of this one, and confirm it")
    with site.database.plan() as conn:
        plans.check(conn, confirmed)
    site.spent.spend(ticket)
    return _start(site, visitor, confirmed.subjects, why, now=confirmed.now)


def run_job(site: Site, visitor: Visitor, number: int, ticket: str, reason: str) -> UUID:
    """Start a run of a cascade job whose plan was seen."""
    return run(site, visitor, "run", ticket, reason, wanted=[("cascade", str(number))])


def dry_run(site: Site, visitor: Visitor, name: str, reason: str | None) -> UUID:
    """Start a dry run of a policy: it counts as a run would, and leaves its figures in the log."""
    check_may_act(site, visitor)
    why = reason_of(reason) if reason and reason.strip() else None
    _known(site, name)
    return _start(site, visitor, [("retention", name)], why, is_dry=True)


def pause(site: Site, visitor: Visitor, name: str | None, reason: str) -> str:
    """Pause a policy, or with None every deleting run."""
    why = reason_of(reason)

    def act(conn: Connection) -> str:
        return retention.pause(conn, name, why)

    return _do(site, visitor, "retention_pause", name or "all", reason=why, act=act)


def resume(site: Site, visitor: Visitor, name: str | None, reason: str) -> str:
    """Take a pause back."""
    why = reason_of(reason)

    def act(conn: Connection) -> str:
        return retention.resume(conn, name)

    return _do(site, visitor, "retention_resume", name or "all", reason=why, act=act)


def approve_policy(site: Site, visitor: Visitor, name: str, reason: str, digest: str | None) -> str:
    """Let a policy run as it is now; ``digest``: only if its tables are still what was shown."""
    why = reason_of(reason)

    def act(conn: Connection) -> str:
        return guard.policy_approve(conn, name, why, digest=digest or None)

    return _do(site, visitor, "retention_policy_approve", name, reason=why, act=act)


def approve_job(site: Site, visitor: Visitor, number: int, ticket: str, reason: str) -> str:
    """Approve a cascade job whose plan was seen."""
    return _decide(site, visitor, "approve", number, ticket=ticket, reason=reason, decide=cascade.approve)


def cancel_job(site: Site, visitor: Visitor, number: int, ticket: str, reason: str) -> str:
    """Cancel a cascade job whose plan was seen."""
    return _decide(site, visitor, "cancel", number, ticket=ticket, reason=reason, decide=cascade.cancel)


def first_run(site: Site, request: UUID) -> int | None:
    """The id of the first run of a request, waited for a moment; None if there is none yet."""
    until = time.monotonic() + _WAIT
    while True:
        with site.database.look() as conn:
            found = runs.runs_of_request(conn, request)
        job = site.workers.get(request)
        if found or job is None or time.monotonic() > until:
            return found[0].id if found else None
        if job.done.wait(_LOOK):
            until = 0


def _decide(
    site: Site,
    visitor: Visitor,
    action: str,
    number: int,
    *,
    ticket: str,
    reason: str,
    decide: Callable[[Connection, int], cascade.Job],
) -> str:
    check_may_act(site, visitor)
    why = reason_of(reason)
    confirmed = plans.redeem(visitor, action, ticket)
    if confirmed.subjects != [("cascade", str(number))]:
        raise UsageError("another job was confirmed", hint="look at this job again, and confirm it")
    with site.database.look() as conn:
        plans.check(conn, confirmed)

    def act(conn: Connection) -> str:
        return f"job {number} is {decide(conn, number).state}"

    return _do(site, visitor, f"cascade_{action}", f"job {number}", reason=why, act=act)


def _do(
    site: Site, visitor: Visitor, asked: str, subject: str, *, reason: str, act: Callable[[Connection], str]
) -> str:
    check_may_act(site, visitor)
    with site.database.act() as conn, db.transaction(conn):
        note(conn, visitor, asked, subject, reason=reason)
        return act(conn)


def note(
    conn: Connection,
    visitor: Visitor,
    asked: str,
    subject: str,
    *,
    reason: str | None,
    request: UUID | None = None,
) -> None:
    """Enter who asked for something and why."""
    db.call(
        conn,
        "audit_note",
        p_asked=asked,
        p_subject=subject,
        p_who=f"{visitor.who} ({visitor.token.workspace})",
        p_reason=reason,
        p_request=request,
    )


def _known(site: Site, name: str) -> None:
    from pydb.errors import UnknownName

    with site.database.look() as conn:
        if not retention.policies(conn, name):
            raise UnknownName(f"there is no policy {name!r}", hint="pydb policy list", sqlstate="YD002")


def _start(
    site: Site,
    visitor: Visitor,
    subjects: list[tuple[str, str]],
    reason: str | None,
    *,
    now: str | None = None,
    is_dry: bool = False,
) -> UUID:
    request = uuid4()
    kinds = {kind for kind, _ in subjects}
    with site.database.act() as conn:
        (server,) = db.read(conn, "server")
        if server["in_recovery"] or server["read_only"]:
            raise ReadOnlyServer(
                "this server does not take writes", detail="It is a standby, or read-only.",
                hint="sign in where pydb serve stands before the primary", sqlstate="YD007",
            )  # fmt: skip
        with db.transaction(conn):
            for kind, subject in subjects:
                asked = f"{kind}_{'dry_run' if is_dry else 'run'}"
                about = subject if kind == "retention" else f"job {subject}"
                note(conn, visitor, asked, about, reason=reason, request=request)
    calls: list[Callable[[Connection], None]] = [
        _policy_call(subject, request, now, is_dry=is_dry)
        if kind == "retention"
        else _job_call(int(subject), request)
        for kind, subject in subjects
    ]
    job = Job(request, min(kinds), [subject for _, subject in subjects])
    site.workers.start(job, calls)
    return request


def _policy_call(name: str, request: UUID, now: str | None, *, is_dry: bool) -> _Call:
    def call(conn: Connection) -> None:
        retention.run(conn, name, dry_run=is_dry, now=now, request=request)

    return call


def _job_call(number: int, request: UUID) -> _Call:
    def call(conn: Connection) -> None:
        cascade.run(conn, number, request=request)

    return call
