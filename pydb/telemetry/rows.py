"""Rows as the tables of ``pydb.telemetry_create`` have them; texts that every database takes."""

from __future__ import annotations

import re
from typing import Final

REQUEST: Final = "request_telemetry"
AUDIT: Final = "audit_event"
JOB: Final = "job_telemetry"

# what is given at the time; recorded_at and service.name come when it is written
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    REQUEST: (
        "http.request.method",
        "http.route",
        "url.path",
        "http.response.status_code",
        "error.type",
        "http.server.request.duration",
        "user.id",
        "trace_id",
        "parent_span_id",
        "sample_rate",
    ),
    AUDIT: ("actor", "action", "resource", "status", "privileged", "detail", "trace_id"),
    JOB: ("job_name", "job_id", "state", "duration", "error.type", "error", "trace_id"),
}
STATES: Final = frozenset({"queued", "running", "completed", "failed"})
METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"}
)
MUTATING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SHORT: Final = 200
"""Characters of a name, a user, a class, at most."""
LONG: Final = 1000
"""Characters of a path or a message, at most."""

_TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?\Z")


def text(value: object, most: int = SHORT) -> str | None:
    """A text of at most ``most`` characters that a database takes: no NUL, no half of a surrogate pair."""
    if value is None:
        return None
    found = value if isinstance(value, str) else str(value)
    if len(found) > most:
        found = found[: most - 1] + "…"
    if not found.isascii():
        found = found.encode("utf-8", "replace").decode()
    return found.replace("\0", "\ufffd") if "\0" in found else found


def required(value: object, most: int = SHORT) -> str:
    """As :func:`text`, for a column that is never null."""
    return text(value, most) or ""


def trace(header: str | None) -> tuple[str | None, str | None]:
    """Trace and calling span of a ``traceparent`` (W3C Trace Context); None and None for what is none."""
    found = _TRACEPARENT.match(header) if header is not None else None
    if found is None:
        return None, None
    version, trace_id, span_id, more = found.groups()
    if version == "ff" or (version == "00" and more) or not trace_id.strip("0") or not span_id.strip("0"):
        return None, None
    return trace_id, span_id
