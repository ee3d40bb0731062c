"""What the environment says of telemetry, where no argument does."""

from __future__ import annotations

import os
from typing import Final

from pydb.errors import UsageError

RATE: Final = "PYDB_TELEMETRY_RATE"
SLOW: Final = "PYDB_TELEMETRY_SLOW"
SCHEMA: Final = "PYDB_TELEMETRY_SCHEMA"
SERVICE: Final = "OTEL_SERVICE_NAME"


def rate(given: float | None) -> float:
    """Share of ordinary requests that is kept: above 0 (nothing would stand for the rest), at most 1."""
    return _number(given, RATE, 1.0, least=1e-9, most=1.0, what="a share above 0, at most 1")


def slow(given: float | None) -> float:
    """Seconds from which on a request is slow, and always kept."""
    return _number(given, SLOW, 0.75, least=0.0, most=86400.0, what="seconds, 0 to 86400")


def schema(given: str | None) -> str:
    """The schema that the tables are in."""
    return given or os.environ.get(SCHEMA) or "telemetry"


def service(given: str | None) -> str | None:
    """The name of this application; None if nobody says it."""
    return given or os.environ.get(SERVICE) or None


def _number(
    given: float | None, variable: str, default: float, *, least: float, most: float, what: str
) -> float:
    found: float | str = os.environ.get(variable, "").strip() if given is None else given
    if found == "":
        return default
    try:
        value = float(found)
    except ValueError:
        value = -1.0
    if not least <= value <= most:  # nor is NaN
        where = variable if given is None else variable.rpartition("_")[2].lower()
        raise UsageError(f"{where} is {found!r}", detail=f"it is {what}", hint=f"export {variable}={default}")
    return value
