"""Health: is it set up right (:func:`examine`, the doctor), is it well now (:func:`look`, :func:`check`)."""

from __future__ import annotations

from pydb.health.components import Component, check, document, http_status, line, look
from pydb.health.doctor import Finding, Status, examine, exit_code, overall

__all__ = [
    "Component",
    "Finding",
    "Status",
    "check",
    "document",
    "examine",
    "exit_code",
    "http_status",
    "line",
    "look",
    "overall",
]
