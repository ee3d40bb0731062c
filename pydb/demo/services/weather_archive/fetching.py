"""Fetch a file: what may be gone on the next try is tried again, after a random pause; all else fails.

=============================================  =========  ====================================================
429, with Retry-After                          retryable  after what the service asks for, and a bit
500, 502, 503, 504 and every other 5xx         retryable  the service is ill
a time-out, a reset, a body that is cut off    retryable  the way is ill
every other 4xx                                fatal      the question is wrong, and stays so
data that are no records                       fatal      nobody mends them by asking again
=============================================  =========  ====================================================
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx
import stamina

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydb.demo.services.weather_archive.stations import File

ATTEMPTS: Final = 8
LEAST_PAUSE: Final = 0.02
MOST_PAUSE: Final = 0.3
JITTER: Final = 0.1
TIMEOUT: Final = 2.0
"""Seconds of silence after which a connection is given up."""

_RECORD: Final = rb"\d{4}-\d\d-\d\dT\d\d:\d\dZ,-?\d+\.\d,\d+,\d+\.\d,\d+\.\d\n"
_RECORDS: Final = re.compile(rb"(?:" + _RECORD + rb")+")
_ONE: Final = re.compile(_RECORD)


Seconds = defaultdict[str, float]
"""How long each phase took."""

# who runs this may want to see each pause; nobody gets them on his terminal unasked
logging.getLogger("stamina").addHandler(logging.NullHandler())


class BadData(ValueError):
    """What the service sent is no file of records."""


@dataclass
class Told:
    """What the fetches of a run were like; one object is used by one thread at a time."""

    bytes_wire: int = 0
    requests: int = 0
    retried: Counter[str] = field(default_factory=Counter)
    pauses: list[tuple[str, float]] = field(default_factory=list)
    seconds: Seconds = field(default_factory=lambda: defaultdict(float))

    def add(self, other: Told) -> None:
        """Take what another one has, too."""
        self.bytes_wire += other.bytes_wire
        self.requests += other.requests
        self.retried.update(other.retried)
        self.pauses += other.pauses
        add(self.seconds, other.seconds)


def add(seconds: Seconds, more: Mapping[str, float]) -> None:
    """Add up phase by phase."""
    for phase, took in more.items():
        seconds[phase] += took


def reason(error: Exception) -> str | None:
    """Why an error is worth another try, in a word; None where it is fatal."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return "429" if status == 429 else "5xx" if status >= 500 else None
    if isinstance(error, httpx.TimeoutException):
        return "time-out"
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        return "reset"
    return None


def fetch(client: httpx.Client, file: File, told: Told) -> bytes:
    """The records of a file. Raises what its last try raised, or :class:`BadData`."""
    failed: tuple[str, float] | None = None

    def again(error: Exception) -> bool | float:
        nonlocal failed
        why = reason(error)
        if why is None:
            return False
        failed = why, time.monotonic()
        if isinstance(error, httpx.HTTPStatusError) and (asked := error.response.headers.get("retry-after")):
            return float(asked) + random.uniform(0, JITTER)  # noqa: S311 - spreads those who were told the same
        return True

    attempts = stamina.retry_context(
        on=again,
        attempts=ATTEMPTS,
        timeout=None,
        wait_initial=LEAST_PAUSE,
        wait_max=MOST_PAUSE,
        wait_jitter=JITTER,
    )
    for attempt in attempts:
        with attempt:
            began = time.monotonic()
            if failed is not None:
                told.retried[failed[0]] += 1
                told.pauses.append((failed[0], began - failed[1]))
            told.requests += 1
            try:
                body = _get(client, file, told)
            finally:
                told.seconds["fetch"] += time.monotonic() - began
    began = time.monotonic()
    refuse_bad(body)
    told.seconds["look"] += time.monotonic() - began
    return body


def _get(client: httpx.Client, file: File, told: Told) -> bytes:
    with client.stream("GET", f"/{file[0]}/{file[1]}.csv") as response:
        try:
            response.raise_for_status()
            return response.read()
        finally:
            told.bytes_wire += response.num_bytes_downloaded


def refuse_bad(body: bytes) -> None:
    """Raise :class:`BadData` with the number of the first line that is no record."""
    if _RECORDS.fullmatch(body):
        return
    for number, line in enumerate(body.splitlines(keepends=True), 1):
        if not _ONE.fullmatch(line):
            raise BadData(f"line {number} is no record: {line[:60]!r}")
    raise BadData("there are no records")
