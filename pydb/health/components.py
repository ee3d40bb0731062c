"""Is it well now: ``pydb.health()`` as rows, as one line for monitoring plug-ins, and as a health document.

The states and their rank are those of the doctor: error before unknown before degraded before ok.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from pydb.errors import DatabaseUnavailable, NotInstalled, PydbError
from pydb.health.doctor import Status, of_program, overall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydb.db import Connection

COMPONENTS: Final = (
    "database",
    "migrations",
    "retention",
    "cascade",
    "orphans",
    "idempotency",
    "schedule",
    "archive",
    "audit",
    "holds",
    "events",
    "degraded",
    "telemetry",
)
# longest time that a look may take, in seconds: more, and monitoring has given up
TIMEOUT: Final = 10.0
# what the draft calls our states, and the code of an HTTP answer
_WORDS: Final[Mapping[Status, str]] = {"ok": "pass", "degraded": "warn", "error": "fail", "unknown": "fail"}
# figures for plug-ins: component, figure, label, unit, warning and critical range
_PERFDATA: Final = (
    ("database", "oldest_transaction_seconds", "oldest_transaction", "s", "3600", ""),
    ("database", "replication_lag_bytes", "replication_lag", "B", "", ""),
    ("retention", "enabled", "policies", "", "", ""),
    ("retention", "overdue", "overdue", "", "0", ""),
    ("retention", "expired_rows", "expired_rows", "", "", ""),
    ("orphans", "orphans", "orphans", "", "0", ""),
    ("idempotency", "keys", "keys", "", "", ""),
    ("idempotency", "held", "held_keys", "", "0", ""),
    ("schedule", "wanted", "jobs", "", "", ""),
    ("schedule", "failing", "failing_jobs", "", "0", ""),
    ("archive", "rows", "archived_rows", "", "", ""),
    ("audit", "unsealed", "unsealed", "", "", ""),
    ("holds", "active", "holds", "", "", ""),
    ("holds", "broken", "broken_holds", "", "", "0"),
    ("events", "waiting", "events_waiting", "", "", ""),
    ("events", "waiting_seconds", "events_wait", "s", "900", ""),
    ("degraded", "answers", "degraded_answers", "", "0", ""),
)


@dataclass(frozen=True, slots=True)
class Component:
    """A row of ``pydb.health()``: ``detail`` has figures and ``findings``; ``hint`` is the next command."""

    component: str
    status: Status
    reason_code: str
    summary: str
    detail: Mapping[str, object] = field(default_factory=dict)
    hint: str | None = None
    checked_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def check(conn: Connection, components: Sequence[str] | None = None) -> list[Component]:
    """Every component, or those named. Raises :class:`pydb.errors.PydbError` where that cannot be asked."""
    from pydb import db, schedule

    (place,) = db.call(conn, "pydb_internal.schedule_place")
    # in this database the server itself looks, and sees more than this role may
    cron = schedule.cron_document(conn) if place["place"] == "elsewhere" else None
    arguments: dict[str, object] = {} if cron is None else {"p_cron": dict(cron)}
    if components:
        arguments["p_components"] = tuple(components)
    found = db.call_as(conn, Component, "health", **arguments)
    return [_with_program(conn, one) if one.component == "migrations" else one for one in found]


def look(dsn: str | None = None, components: Sequence[str] | None = None) -> list[Component]:
    """As :func:`check` at a database that may be down: trouble becomes a component, so nothing is raised.

    An unusable DSN is the caller's mistake and raises :class:`~pydb.errors.UsageError`.
    """
    from pydb import db

    try:
        conn = db.connect(dsn)
    except DatabaseUnavailable as error:
        return [_trouble("database", "unavailable", error)]
    with conn:
        try:
            with db.bounded(conn, TIMEOUT):
                return check(conn, components)
        except NotInstalled as error:
            return [replace(_trouble("migrations", "not_installed", error), status="error")]
        except DatabaseUnavailable as error:
            return [_trouble("database", "unavailable", error)]
        except PydbError as error:
            if error.exit_code == USAGE:
                raise
            return [_trouble("database", "cannot_ask", error)]


USAGE: Final = 64


def line(components: Sequence[Component]) -> str:
    """One line as plug-ins of Nagios print it: state, what is not well, and figures behind a bar."""
    state = overall(components)
    word = {"ok": "OK", "degraded": "WARNING", "error": "CRITICAL", "unknown": "UNKNOWN"}[state]
    rank = ("error", "unknown", "degraded")
    told = [
        f"{one.component}: {one.summary}" for status in rank for one in components if one.status == status
    ] or [f"{len(components)} components are well"]
    figures = []
    detail = {one.component: one.detail for one in components}
    for component, figure, label, unit, warning, critical in _PERFDATA:
        value = detail.get(component, {}).get(figure)
        if isinstance(value, int | float) and not isinstance(value, bool):
            figures.append(f"{label}={value:.15g}{unit};{warning};{critical}".rstrip(";"))
    # a bar or a line break would end the text
    text = "; ".join(told).replace("|", "/").replace("\n", " ")
    return f"PYDB {word} - {text}" + (f" | {' '.join(figures)}" if figures else "")


def document(components: Sequence[Component]) -> dict[str, object]:
    """The body of ``application/health+json`` (draft-inadarei-api-health-check-06).

    ``unknown``, which the draft does not have, is fail with an ``output`` that begins so.
    """
    from pydb import __version__

    state = overall(components)
    checks: dict[str, object] = {}
    for one in components:
        time = one.checked_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        kind = "datastore" if one.component == "database" else "component"
        told: dict[str, object] = {
            "componentType": kind,
            "observedValue": one.status,
            "status": _WORDS[one.status],
            "time": time,
            "reason": one.reason_code,
        }
        if one.status != "ok":
            told["output"] = ("unknown: " if one.status == "unknown" else "") + one.summary
        if one.hint:
            told["hint"] = one.hint
        findings = one.detail.get("findings")
        if findings:
            told["findings"] = findings
        checks[f"{one.component}:status"] = [told]
        for figure, value in one.detail.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                measured: dict[str, object] = {"componentType": kind, "observedValue": value, "time": time}
                unit = _unit(figure)
                if unit:
                    measured["observedUnit"] = unit
                checks[f"{one.component}:{figure}"] = [measured]
    body: dict[str, object] = {
        "status": _WORDS[state],
        "releaseId": __version__,
        "description": "pydb: data lifecycle of this database",
        "state": state,
        "checks": checks,
    }
    if state != "ok":
        body["output"] = ("unknown: " if state == "unknown" else "") + "; ".join(
            f"{one.component}: {one.summary}" for one in components if one.status == state
        )
    return body


def http_status(status: Status) -> int:
    """Code of an HTTP answer: who balances load must not send work where it fails, or where nobody knows."""
    return 200 if status in ("ok", "degraded") else 503


def _unit(figure: str) -> str | None:
    for ending, unit in (
        ("_seconds", "s"),
        ("_ms", "ms"),
        ("_bytes", "B"),
        ("bytes", "B"),
        ("_days_left", "d"),
    ):
        if figure.endswith(ending):
            return unit
    return "rows" if "rows" in figure or figure == "orphans" else None


def _with_program(conn: Connection, one: Component) -> Component:
    """The component migrations, with what only the program knows: whether this is its revision."""
    said = of_program(conn)
    if said.status == "ok":
        return replace(one, detail={**one.detail, "pending": 0, "ahead": 0})
    # a schema that this program does not belong to is no matter for tomorrow
    status: Status = "error" if said.status == "degraded" else said.status
    finding = {
        "status": status,
        "reason_code": said.reason_code,
        "summary": said.summary,
        "detail": said.detail,
        "hint": said.hint,
    }
    others = cast("list[object]", one.detail.get("findings", []))
    detail = {
        **one.detail,
        "pending": int(said.reason_code == "behind"),
        "ahead": int(said.reason_code == "newer"),
        "findings": [finding, *others],
    }
    if one.status == "error":
        return replace(one, detail=detail)
    return replace(
        one,
        status=status,
        reason_code=said.reason_code,
        summary=said.summary,
        hint=said.hint,
        detail=detail,
    )


def _trouble(component: str, reason: str, error: PydbError) -> Component:
    return Component(component, "unknown", reason, error.message, {"sqlstate": error.sqlstate}, error.hint)
