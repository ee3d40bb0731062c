"""Plans that are shown before anything happens, and the confirmation that holds for one plan only.

A plan is counted, shown, and bound by a ticket: its subject, the moment that it was counted for and a digest
of what it said, sealed for who saw it. To confirm it, the plan is counted again for that moment; if it says
something else, it is refused. The run takes that moment for now, so it deletes what the plan counted.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydb import cascade, db, retention
from pydb.errors import PydbError, UsageError
from pydb.web import auth, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.db import Connection
    from pydb.web.auth import Visitor

GOOD_FOR: Final = 900.0
_MOST_SPENT: Final = 10_000


class PlanChanged(PydbError):
    """What was confirmed is not what would happen now."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one run would do: of a policy, or of a cascade job."""

    kind: str
    subject: str
    rows: int
    relations: list[dict[str, object]]
    warnings: list[str]
    problem: str | None = None
    version: str | None = None
    """What tells a policy from how it was before: two that count alike need not delete the same rows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one action would do, all its parts, for one moment."""

    action: str
    now: str
    parts: list[Part]
    took: float

    @property
    def rows(self) -> int:
        """Rows in all."""
        return sum(part.rows for part in self.parts)

    @property
    def at(self) -> datetime:
        """The moment that it was counted for."""
        return datetime.fromisoformat(self.now)

    @property
    def digest(self) -> str:
        """The same for two plans that say the same."""
        parts = [[p.kind, p.subject, p.relations, p.problem, p.version] for p in self.parts]
        said = [self.action, self.now, parts]
        text = json.dumps(said, sort_keys=True, default=show.jsonable)
        return hashlib.sha256(text.encode()).hexdigest()

    def ticket(self, visitor: Visitor) -> str:
        """What confirms this plan, for who saw it."""
        subjects = [[part.kind, part.subject] for part in self.parts]
        content = {"a": self.action, "s": subjects, "now": self.now, "d": self.digest, "at": int(time.time())}
        return auth.seal(visitor.token.key, _purpose(visitor), content)


class Spent:
    """Tickets that started something: each starts it once, also where a form is sent twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def spend(self, text: str) -> None:
        """Take a ticket; :class:`PlanChanged` if it was taken before."""
        key = hashlib.sha256(text.encode()).digest()
        now = time.monotonic()
        with self._lock:
            while self._seen and (
                next(iter(self._seen.values())) < now - GOOD_FOR or len(self._seen) >= _MOST_SPENT
            ):
                self._seen.popitem(last=False)
            if key in self._seen:
                raise PlanChanged(
                    "this plan was started already",
                    detail="A plan is confirmed once.",
                    hint="see the list of runs, or count the plan again",
                )
            self._seen[key] = now


@dataclass(frozen=True, slots=True)
class Ticket:
    """A confirmed plan, before it is counted again."""

    action: str
    subjects: list[tuple[str, str]]
    now: str
    digest: str


def _purpose(visitor: Visitor) -> str:
    return f"plan for {visitor.nonce or 'header'}"


def stale(visitor: Visitor, text: str) -> list[tuple[str, str]]:
    """The subjects of a ticket that holds no longer, to count them again."""
    content = auth.unseal([visitor.token.key], _purpose(visitor), text) or {}
    subjects = content.get("s")
    return [(str(kind), str(subject)) for kind, subject in subjects] if isinstance(subjects, list) else []


def redeem(visitor: Visitor, action: str, text: str) -> Ticket:
    """The ticket of a plan that this visitor saw for this action; YD008 for any other."""
    content = auth.unseal([visitor.token.key], _purpose(visitor), text) if text else None
    hint = "count the plan again and confirm that one"
    if content is None or content.get("a") != action:
        raise UsageError(
            "no plan was confirmed", detail="The ticket of a plan is missing or not yours.", hint=hint
        )
    if time.time() - int(str(content["at"])) > GOOD_FOR:
        raise PlanChanged("the plan is too old", detail="It holds for 15 minutes.", hint=hint)
    subjects = content["s"]
    if not isinstance(subjects, list):
        raise UsageError("no plan was confirmed", hint=hint)
    pairs = [(str(kind), str(subject)) for kind, subject in subjects]
    return Ticket(action, pairs, str(content["now"]), str(content["d"]))


def count(conn: Connection, action: str, subjects: Sequence[tuple[str, str]], now: str | None = None) -> Plan:
    """Count what the runs of these subjects would do; ``now`` None: the server's clock."""
    began = time.monotonic()
    if now is None:
        moment = db.read(conn, "page_server")[0]["now"]
        now = moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else str(moment)
    parts = [
        _policy(conn, subject, now) if kind == "retention" else _job(conn, subject)
        for kind, subject in subjects
    ]
    return Plan(action, now, parts, time.monotonic() - began)


def check(conn: Connection, ticket: Ticket) -> Plan:
    """The plan of a ticket, counted again; :class:`PlanChanged` if it says something else."""
    plan = count(conn, ticket.action, ticket.subjects, ticket.now)
    if plan.digest != ticket.digest:
        raise PlanChanged(
            "the plan has changed since it was shown",
            detail=f"Now it is {show.rows(plan.rows)}.",
            hint="look at the plan as it is now, and confirm that one",
        )
    return plan


def _policy(conn: Connection, name: str, now: str) -> Part:
    found = retention.plan(conn, name, now)
    relations: list[dict[str, object]] = [
        {
            "relation": row.relation,
            "action": row.action,
            "rows": row.rows,
            "blocked_rows": row.blocked_rows,
            "held_rows": row.held_rows,
            "cutoff": row.cutoff,
            "oldest": row.oldest,
            "newest": row.newest,
        }
        for row in found
    ]
    warnings = [f"{row.relation}: {said}" for row in found for said in row.warnings or ()]
    stopped = sorted(
        {code for row in found for code in row.codes or () if code in ("fuse", "fails", "watermark")}
    )
    problem = f"a run would not delete this: {', '.join(stopped)}" if stopped else None
    (policy,) = retention.policies(conn, name)
    version = f"{policy.version} of {policy.created_at.astimezone(UTC).isoformat()}"
    return Part("retention", name, sum(row.rows for row in found), relations, warnings, problem, version)


def _job(conn: Connection, number: str) -> Part:
    job = cascade.job(conn, int(number))
    (terms,) = db.read(conn, "page_job_terms", job=job.id)
    steps = db.read_as(conn, cascade.Step, "page_job_steps", job=job.id)
    relations: list[dict[str, object]] = [
        {"relation": step.relation, "via": step.via, "action": step.action, "rows": step.rows}
        for step in steps
        if step.rows or step.via is None
    ]
    relations.append({"state": job.state, "done": job.rows_done, **terms})
    warnings = [f"{step.relation}: {step.warning}" for step in steps if step.warning]
    return Part("cascade", str(job.id), max(job.rows_planned - job.rows_done, 0), relations, warnings)


def again(found: Sequence[dict[str, object]]) -> tuple[list[tuple[str, str]], list[str]]:
    """What to run again of these runs, each subject once; and what cannot be, with the command that can."""
    subjects: dict[tuple[str, str], None] = {}
    left_out: list[str] = []
    for run in found:
        kind, subject = str(run["kind"]), str(run["subject"])
        if kind == "retention" and not run["dry_run"]:
            subjects.setdefault((kind, subject))
        elif kind == "cascade" and subject.removeprefix("job ").isdigit():
            subjects.setdefault((kind, subject.removeprefix("job ")))
        else:
            left_out.append(
                f"run {run['id']}, {kind} {subject}: {run['next_step'] or 'there is nothing to be done'}"
            )
    return list(subjects), left_out
