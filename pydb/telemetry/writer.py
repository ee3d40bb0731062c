"""The writer: what applications record, of requests, mutations and jobs.

Whoever records something never waits for the database, and no error of it comes back: see
:mod:`pydb.telemetry.carrier`.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db
from pydb.errors import UsageError
from pydb.telemetry import rows, settings
from pydb.telemetry.carrier import BATCH, CAPACITY, EVERY, Carrier
from pydb.telemetry.sampling import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb.telemetry.carrier import Connect


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of everything that was recorded in this process.

    Attributes:
        requests: requests that were recorded, kept or not.
        left_out: of these, how many sampling left out: others stand for them.
        taken: rows that were to be written, of all tables.
        written: rows that the database has.
        dropped: rows that are lost, by reason: ``full`` (no room), ``refused`` (the database does not take
            the row), ``closed`` (recorded after the end), ``shutdown`` (not begun in time at the end),
            ``unknown`` (being written at the end, or the connection broke at COMMIT and no server can tell).
        waiting: rows in memory.
        trouble: what is wrong with the database now; None = nothing is known to be.
    """

    requests: int
    left_out: int
    taken: int
    written: int
    dropped: dict[str, int]
    waiting: int
    trouble: str | None


class Writer(Carrier):
    """Records requests, mutations and jobs. Of one process; after a fork the child begins anew, with nothing.

    Args:
        dsn: the database; None = PYDB_DSN or libpq's variables. The role needs INSERT on the tables.
        schema: the schema of ``pydb.telemetry_create``; None = PYDB_TELEMETRY_SCHEMA, else ``telemetry``.
        service: name of this application; None = OTEL_SERVICE_NAME.
        rate: share of ordinary requests that is kept; None = PYDB_TELEMETRY_RATE, else all of them.
        slow: seconds from which on a request is always kept; None = PYDB_TELEMETRY_SLOW, else 0.75.
        capacity: rows in memory, at most.
        batch: rows that are written at once, at most.
        every: seconds after which rows are written, however few there are.
        connect: opens the connection in place of ``dsn``.

    Raises:
        UsageError: a rate or a number that cannot be.
    """

    def __init__(
        self,
        dsn: str | None = None,
        *,
        schema: str | None = None,
        service: str | None = None,
        rate: float | None = None,
        slow: float | None = None,
        capacity: int = CAPACITY,
        batch: int = BATCH,
        every: float = EVERY,
        connect: Connect | None = None,
    ) -> None:
        # before the rows may come
        self.rate = settings.rate(rate)
        self.slow = settings.slow(slow)
        super().__init__(
            connect or (lambda: db.connect(db.labelled(dsn, "pydb telemetry"))),
            schema=settings.schema(schema),
            service=rows.text(settings.service(service)),
            capacity=capacity,
            batch=batch,
            every=every,
        )

    def _begin(self) -> None:
        super()._begin()
        self._sampler = Sampler(self.rate)
        self._requests = self._left_out = 0

    def request(
        self,
        *,
        method: str,
        path: str,
        status: int | None,
        duration: float,
        route: str | None = None,
        error: str | None = None,
        user: object = None,
        traceparent: str | None = None,
    ) -> None:
        """Record an answer to a request: ``duration`` in seconds, ``error`` the class of an exception.

        Answers 5xx have the status as ``error.type`` where there is none. Errors and slow requests are kept,
        of others the share ``rate``.
        """
        if error is None and status is not None and status >= 500:
            error = str(status)
        is_kept = error is not None or duration >= self.slow
        with self._lock:
            self._requests += 1
            rate = 1.0 if is_kept else self._sampler.take()
            if rate is None:
                self._left_out += 1
                return
        trace_id, span_id = rows.trace(traceparent)
        method = method.upper()
        self._add(
            rows.REQUEST,
            (
                method if method in rows.METHODS else "_OTHER",
                rows.text(route),
                rows.required(path, rows.LONG),
                status,
                rows.text(error),
                duration if 0 <= duration < math.inf else 0.0,
                rows.text(user),
                trace_id,
                span_id,
                rate,
            ),
        )

    def audit(
        self,
        action: str,
        *,
        actor: object = None,
        resource: str | None = None,
        status: int | None = None,
        privileged: bool = False,
        detail: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Record that somebody changed something; all of these are kept."""
        self._add(
            rows.AUDIT,
            (
                rows.text(actor),
                rows.required(action),
                rows.text(resource, rows.LONG),
                status,
                privileged,
                rows.text(detail, rows.LONG),
                rows.trace(traceparent)[0],
            ),
        )

    def job(
        self,
        name: str,
        job_id: object,
        state: str,
        *,
        duration: float | None = None,
        error: BaseException | str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Record the state that a job came to: queued, running, completed or failed.

        ``duration``: seconds that it ran, or, of running, that it had waited. Raises
        :class:`~pydb.errors.UsageError` for another state.
        """
        if state not in rows.STATES:
            raise UsageError(
                f"{state!r} is no state of a job",
                detail=f"it is one of {', '.join(sorted(rows.STATES))}",
                hint='writer.job("nightly", 42, "queued")',
            )
        kind = type(error).__qualname__ if isinstance(error, BaseException) else None
        self._add(
            rows.JOB,
            (
                rows.required(name),
                rows.required(job_id),
                state,
                None if duration is None else max(duration, 0.0),
                rows.text(kind),
                rows.text(error, rows.LONG),
                rows.trace(traceparent)[0],
            ),
        )

    @contextmanager
    def running(self, name: str, job_id: object, *, traceparent: str | None = None) -> Iterator[None]:
        """Record that a job runs, and that it completed, or failed with what the block raised."""
        self.job(name, job_id, "running", traceparent=traceparent)
        began = time.monotonic()
        error: BaseException | None = None
        try:
            yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            self.job(
                name,
                job_id,
                "completed" if error is None else "failed",
                duration=time.monotonic() - began,
                error=error,
                traceparent=traceparent,
            )

    def counts(self) -> Counts:
        """What became of everything so far."""
        with self._lock:
            return Counts(
                requests=self._requests,
                left_out=self._left_out,
                taken=self._taken,
                written=self._written,
                dropped={reason: rows for reason, rows in self._dropped.items() if rows},
                waiting=len(self._queue) + len(self._batch),
                trouble=None if self._trouble is None else self._trouble.message,
            )
