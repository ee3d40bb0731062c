"""Health: what is set up, what is missing, and the line that fixes it. Today that is the doctor."""

from __future__ import annotations

from pydb.health.doctor import Finding, Status, examine, exit_code, overall

__all__ = ["Finding", "Status", "examine", "exit_code", "overall"]
